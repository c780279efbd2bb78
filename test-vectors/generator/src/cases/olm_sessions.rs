//! Sessions over several messages.

mod limits;
mod talk;

use serde_json::json;

use self::talk::Talk;
use crate::{
    crypto::{Pair, small_order_u},
    draw::draw,
    format::{Case, File, Group},
    records::Account,
    text::{base64, hex},
    wire,
};

pub(crate) fn file() -> File {
    let mut groups = vec![
        Group::new(
            "the side that starts",
            "olm-outbound",
            json!({}),
            starters(),
        ),
        Group::new(
            "the side that is called",
            "olm-inbound",
            json!({}),
            called(),
        ),
        Group::new(
            "keys of small order to start with",
            "olm-outbound",
            json!({
                "config": 1,
                "account": hex(&Account::drawn("small alice").record()),
                "random": hex(&draw("small random", 64)),
            }),
            small_order(),
        ),
    ];
    groups.extend(limits::groups());
    File::new(
        "Olm sessions, from given random bytes or a state, over several messages.",
        groups,
    )
}

/// A conversation with turns, lost order, and texts of several lengths.
fn conversation(config: u8) -> Talk {
    let mut talk = Talk::new(&format!("conversation {config}"), config);
    let first = talk.alice_sends(b"first");
    let second = talk.alice_sends(b"");
    talk.bob_gets(&first);
    talk.bob_gets(&second);
    let answer = talk.bob_sends(&[7; 16]);
    let late = talk.bob_sends(b"late");
    talk.alice_gets(&answer);
    let third = talk.alice_sends(&[8; 1000]);
    talk.bob_gets(&third);
    talk.alice_gets(&late);
    let back = talk.bob_sends(b"back");
    let again = talk.bob_sends(b"and again");
    talk.alice_gets(&again);
    talk.alice_gets(&back);
    talk
}

fn starters() -> Vec<Case> {
    let mut downgraded = Talk::new("downgraded starter", 1);
    let first = downgraded.alice_sends(b"first");
    downgraded.bob_gets(&first);
    let mut other = downgraded.bob.clone();
    other.version = 4;
    let answer = downgraded.bob_sends(b"answer");
    let wrong = other.encrypt(&downgraded.last_random(), b"answer");
    downgraded.alice_refuses(&wrong, "config");
    downgraded.alice_gets(&answer);

    let mut upgraded = Talk::new("upgraded starter", 2);
    let first = upgraded.alice_sends(b"first");
    upgraded.bob_gets(&first);
    let mut other = upgraded.bob.clone();
    other.version = 3;
    let answer = upgraded.bob_sends(b"answer");
    let wrong = other.encrypt(&upgraded.last_random(), b"answer");
    upgraded.alice_refuses(&wrong, "config");
    upgraded.alice_gets(&answer);

    let mut replay = Talk::new("replay to starter", 1);
    let first = replay.alice_sends(b"first");
    replay.bob_gets(&first);
    let answer = replay.bob_sends(b"answer");
    replay.alice_gets(&answer);
    replay.alice_refuses(&answer, "key-gone.used");
    let next = replay.bob_sends(b"next");
    replay.alice_gets(&next);
    replay.alice_refuses(&answer, "key-gone.used");
    replay.alice_refuses(&next, "key-gone.used");

    vec![
        conversation(1).alices("conversation", "turns, and messages out of order", &[]),
        conversation(2).alices("conversation-config-2", "the same in config 2", &[]),
        downgraded.alices(
            "config-1-gets-version-4",
            "the answer in the other config, by the right keys, is refused and changes nothing",
            &["version", "downgrade"],
        ),
        upgraded.alices(
            "config-2-gets-version-3",
            "the answer in the other config, by the right keys, is refused and changes nothing",
            &["version", "downgrade"],
        ),
        replay.alices("replay", "a message decrypts once", &["replay"]),
    ]
}

fn called() -> Vec<Case> {
    let mut cases = vec![
        conversation(1).bobs("conversation", "turns, and messages out of order", &[]),
        conversation(2).bobs("conversation-config-2", "the same in config 2", &[]),
    ];
    for config in [1, 2] {
        let mut talk = Talk::new(&format!("downgraded called {config}"), config);
        let first = talk.alice_sends(b"first");
        talk.bob_gets(&first);
        let mut other = talk.alice.clone();
        let second = talk.alice_sends(b"second");
        other.version = if config == 1 { 4 } else { 3 };
        let wrong = other.encrypt(&[0; 32], b"second");
        talk.bob_refuses(&wrong, "config");
        talk.bob_gets(&second);
        cases.push(talk.bobs(
            &format!(
                "config-{config}-gets-version-{}",
                if config == 1 { 4 } else { 3 }
            ),
            "a pre-key message in the other config, by the right keys, is refused and changes \
             nothing",
            &["version", "downgrade"],
        ));
    }

    let mut replay = Talk::new("replay of pre-key", 1);
    let first = replay.alice_sends(b"first");
    let second = replay.alice_sends(b"second");
    replay.bob_gets(&first);
    replay.bob_refuses(&first, "key-gone.used");
    replay.bob_starts_again(&first, Err("unknown-one-time-key"));
    replay.bob_starts_again(&second, Err("unknown-one-time-key"));
    replay.bob_gets(&second);
    cases.push(replay.bobs(
        "one-time-key-used-twice",
        "the one-time key is spent: further pre-key messages belong to the session",
        &["replay"],
    ));

    let mut fallback = Talk::on_fallback("replay on fallback");
    let first = fallback.alice_sends(b"first");
    fallback.bob_gets(&first);
    fallback.bob_starts_again(&first, Ok(b"first"));
    let answer = fallback.bob_sends(b"answer");
    fallback.alice_gets(&answer);
    cases.push(fallback.bobs(
        "fallback-key-used-twice",
        "a fallback key is not spent: whoever shows messages has to see the replay",
        &["replay"],
    ));

    let mut matching = Talk::new("matching", 1);
    let first = matching.alice_sends(b"first");
    let second = matching.alice_sends(b"second");
    matching.bob_gets(&first);
    let stranger = Pair::drawn("matching stranger").public;
    matching.bob_matches(&second.bytes, true);
    for part in 0..3 {
        let mut keys = matching.alice.keys;
        keys[part] = stranger;
        matching.bob_matches(&wire::pre_key(&keys, &first.inner()), false);
    }
    for part in 0..3 {
        let mut keys = matching.alice.keys;
        keys[part] = stranger;
        let relabelled = second.with_bytes(wire::pre_key(&keys, &second.inner()));
        matching.bob_refuses(&relabelled, "authentication.mac");
    }
    matching.bob_gets(&second);
    cases.push(matching.bobs(
        "matching",
        "a pre-key message belongs to a session by all three keys; nothing but the session \
         authenticates them",
        &["malleable"],
    ));

    let mut foreign = Talk::new("foreign", 1);
    let first = foreign.alice_sends(b"first");
    foreign.bob_gets(&first);
    let mut stranger = Talk::new("foreign stranger", 1);
    let wrong = stranger.alice_sends(b"wrong");
    foreign.bob_refuses(&wrong, "authentication.mac");
    stranger.bob_gets(&wrong);
    let answer = stranger.bob_sends(b"wrong");
    foreign.bob_refuses(&answer, "authentication.mac");
    let second = foreign.alice_sends(b"second");
    foreign.bob_gets(&second);
    let answer = foreign.bob_sends(b"answer");
    foreign.alice_gets(&answer);
    cases.push(foreign.bobs(
        "message-of-another-session",
        "with no sender chain there is nothing that an unknown ratchet key could be an answer to; \
         it changes nothing",
        &["mac"],
    ));

    let mut forged = Talk::new("forged", 1);
    let first = forged.alice_sends(b"first");
    forged.bob_gets(&first);
    let answer = forged.bob_sends(b"answer");
    forged.alice_gets(&answer);
    let (second, third) = (forged.alice_sends(b"second"), forged.alice_sends(b"third"));
    forged.bob_refuses(&third.spoilt(), "authentication.mac");
    forged.bob_gets(&third);
    forged.bob_refuses(&second.spoilt(), "authentication.mac");
    forged.bob_gets(&second);
    let fourth = forged.alice_sends(b"fourth");
    forged.bob_refuses(&fourth.spoilt(), "authentication.mac");
    forged.bob_gets(&fourth);
    cases.push(forged.bobs(
        "forgeries",
        "a forgery in a new chain, of a skipped message and of the next one changes nothing",
        &["mac"],
    ));
    cases
}

fn small_order() -> Vec<Case> {
    let (bob, one_time) = (Pair::drawn("small bob"), Pair::drawn("small one-time"));
    let mut cases = Vec::new();
    for (name, bad) in small_order_u() {
        for (part, identity, one_time) in [
            ("identity", bad, one_time.public),
            ("one-time", bob.public, bad),
        ] {
            cases.push(Case::bad(
                &format!("olm-outbound/{part}-key-{name}"),
                &format!("the {part} key is of small order"),
                json!({"identity_key": base64(&identity), "one_time_key": base64(&one_time)}),
                "key.small-order",
                &["small-order"],
            ));
        }
    }
    cases
}
