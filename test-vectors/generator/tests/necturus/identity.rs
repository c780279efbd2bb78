//! Devices, identities, and what is believed of them.

use necturus::{
    Curve25519PublicKey, Ed25519PublicKey,
    identity::{
        ClaimedKey, CrossSigningKeys, DeviceKeys, IdentityState, KeyRole, KeysUpload, KnownDevice,
        LocalTrust, MasterKey, NewSignature, OwnIdentity, OwnTrust, SelfSigningKey, SenderTrust,
        Sharing, SharingStrategy, ShownIdentity, UserIdentity, UserSigningKey, UserTrust,
    },
    json::Object,
    olm::Account,
};
use necturus_test_vectors::{
    Case, Inputs, STATE_KEY,
    check::{Outcome, Run},
    hex, seal,
};
use serde_json::{Value, json};

use crate::{Result, identity_classes, json::object, outcome, rng::Given};

fn seeds(inputs: Inputs<'_>) -> [[u8; 32]; 3] {
    let random: [u8; 96] = inputs.array("random");
    let (seeds, _) = random.as_chunks::<32>();
    seeds.try_into().expect("three seeds")
}

fn keys(inputs: Inputs<'_>) -> CrossSigningKeys {
    let mut rng = Given::new(seeds(inputs).concat());
    let keys = CrossSigningKeys::new_with(&mut rng, inputs.text("user")).expect("they differ");
    assert!(rng.is_spent(), "all are drawn");
    keys
}

/// The identity of these inputs, or what is wrong with it.
fn read_identity(
    inputs: Inputs<'_>,
    user: &str,
    [master, self_signing]: [&str; 2],
) -> Result<UserIdentity> {
    let (master, self_signing) = (object(inputs, master)?, object(inputs, self_signing)?);
    UserIdentity::parse(inputs.text(user), master, self_signing).map_err(identity_classes::identity)
}

fn read_own(inputs: Inputs<'_>) -> Result<OwnIdentity> {
    OwnIdentity::parse(
        inputs.text("user"),
        object(inputs, "master")?,
        object(inputs, "self_signing")?,
        object(inputs, "user_signing")?,
    )
    .map_err(identity_classes::identity)
}

fn own(inputs: Inputs<'_>) -> OwnIdentity {
    read_own(inputs).expect("an identity is good")
}

fn other(inputs: Inputs<'_>) -> UserIdentity {
    read_identity(inputs, "other", ["other_master", "other_self_signing"]).expect("is good")
}

pub(crate) fn make_device(inputs: Inputs<'_>) -> Result {
    let mut rng = Given::new(inputs.hex("random"));
    let account = Account::new_with(&mut rng).expect("the bytes are given");
    let make = if inputs.has("dehydrated") {
        DeviceKeys::new_dehydrated
    } else {
        DeviceKeys::new
    };
    let device = make(&account, inputs.text("user"), inputs.text("device"));
    Ok(json!({"object": device.object().to_string()}))
}

pub(crate) fn device(inputs: Inputs<'_>) -> Result {
    let (user, device) = (inputs.text("user"), inputs.text("device"));
    let known = |name| {
        let object = object(inputs, name).expect("is JSON");
        DeviceKeys::parse(user, device, object).expect("a known device is good")
    };
    let (stored, ours);
    let known = if inputs.has("stored") {
        stored = known("stored");
        KnownDevice::Stored(&stored)
    } else if inputs.has("ours") {
        ours = known("ours").identity_keys();
        KnownDevice::Ours(&ours)
    } else {
        KnownDevice::New
    };
    let object = object(inputs, "object")?;
    let read = DeviceKeys::check(user, device, object.clone(), known)
        .map_err(identity_classes::device_keys)?;
    assert_eq!(read.object(), &object, "all of it is kept");
    Ok(json!({
        "ed25519": read.ed25519().to_base64(),
        "curve25519": read.curve25519().to_base64(),
        "dehydrated": read.is_dehydrated(),
    }))
}

pub(crate) fn upload(inputs: Inputs<'_>) -> Result {
    let (user, id) = (inputs.text("user"), inputs.text("device"));
    let pickle = seal(&inputs.hex("account"), STATE_KEY);
    let mut account = Account::from_libolm_pickle(&pickle, STATE_KEY).expect("a state is good");
    let device = DeviceKeys::new(&account, user, id);
    let device = inputs.has("with_device_keys").then_some(&device);
    let upload = KeysUpload::new(&account, user, id, device);
    let body = upload.body().to_string();
    upload.mark_published(&mut account);
    let rest = KeysUpload::new(&account, user, id, None);
    assert!(rest.is_empty(), "all of it is marked");
    Ok(json!({"body": body}))
}

pub(crate) fn one_time_key(inputs: Inputs<'_>) -> Result {
    let device = object(inputs, "device").expect("is JSON");
    let (user, id) = (device.get_str("user_id"), device.get_str("device_id"));
    let (user, id) = (
        user.expect("a user").to_owned(),
        id.expect("an id").to_owned(),
    );
    let device = DeviceKeys::parse(&user, &id, device).expect("the device is good");
    let object = object(inputs, "object")?;
    let key = ClaimedKey::check(inputs.text("name"), &object, &device)
        .map_err(identity_classes::claim)?;
    Ok(json!({"key": key.key().to_base64(), "fallback": key.is_fallback()}))
}

pub(crate) fn make(inputs: Inputs<'_>) -> Result {
    let keys = keys(inputs);
    let identity = keys.public_identity();
    let user = identity.as_user();
    Ok(json!({
        "master": user.master_object().to_string(),
        "self_signing": user.self_signing_object().to_string(),
        "user_signing": identity.user_signing_object().to_string(),
        "secrets": {
            MasterKey::ROLE.secret_name(): *keys.master.to_secret(),
            SelfSigningKey::ROLE.secret_name(): *keys.self_signing.to_secret(),
            UserSigningKey::ROLE.secret_name(): *keys.user_signing.to_secret(),
        },
    }))
}

/// What was signed and what is uploaded of it, which come under the same name.
fn signed(object: &Object, signature: NewSignature) -> Value {
    let upload = signature.object().to_string();
    let (user, name) = (
        signature.user_id().to_owned(),
        signature.key_name().to_owned(),
    );
    let body = NewSignature::upload([signature]);
    let found = body.get_object(&user).and_then(|user| user.get(&name));
    assert_eq!(found.map(ToString::to_string).as_ref(), Some(&upload));
    json!({"object": object.to_string(), "upload": upload})
}

pub(crate) fn sign_device(inputs: Inputs<'_>) -> Result {
    let (keys, object) = (keys(inputs), object(inputs, "object")?);
    let (user, id) = (object.get_str("user_id"), object.get_str("device_id"));
    let (user, id) = (
        user.expect("a user").to_owned(),
        id.expect("an id").to_owned(),
    );
    let mut device = DeviceKeys::parse(&user, &id, object).expect("the device is good");
    let before = device.clone();
    match keys
        .self_signing
        .sign_device(&mut device, &keys.public_identity())
    {
        Ok(signature) => Ok(signed(device.object(), signature)),
        Err(error) => {
            assert_eq!(device, before, "{error:?} changes nothing");
            Err(identity_classes::sign(error))
        }
    }
}

pub(crate) fn sign_user(case: &Case) -> Result {
    let inputs = Inputs::new(&case.inputs);
    let (keys, mut other) = (keys(inputs), other(inputs));
    let before = other.clone();
    let devices = case.inputs.get("devices").and_then(Value::as_array);
    let devices = devices
        .expect("devices")
        .iter()
        .map(|id| id.as_str().expect("an id"));
    match keys
        .user_signing
        .sign_user(&mut other, devices, &keys.public_identity())
    {
        Ok(signature) => Ok(signed(other.master_object(), signature)),
        Err(error) => {
            assert_eq!(other, before, "{error:?} changes nothing");
            Err(identity_classes::sign(error))
        }
    }
}

pub(crate) fn import(inputs: Inputs<'_>) -> Result {
    let (own, secret) = (own(inputs), inputs.text("secret"));
    let public = match inputs.text("role") {
        "master" => MasterKey::import(secret, &own).map(|key| key.public_key()),
        "self_signing" => SelfSigningKey::import(secret, &own).map(|key| key.public_key()),
        "user_signing" => UserSigningKey::import(secret, &own).map(|key| key.public_key()),
        other => panic!("no role {other}"),
    };
    let public = public.map_err(identity_classes::import_key)?;
    Ok(json!({"public": public.to_base64()}))
}

pub(crate) fn identity(inputs: Inputs<'_>) -> Result {
    if inputs.has("user_signing") {
        let own = read_own(inputs)?;
        return Ok(json!({
            "master_key": own.key(KeyRole::Master).to_base64(),
            "self_signing_key": own.key(KeyRole::SelfSigning).to_base64(),
            "user_signing_key": own.key(KeyRole::UserSigning).to_base64(),
        }));
    }
    let user = read_identity(inputs, "user", ["master", "self_signing"])?;
    Ok(json!({
        "master_key": user.master_key().to_base64(),
        "self_signing_key": user.self_signing_key().to_base64(),
    }))
}

fn device_of(inputs: Inputs<'_>, object: Object) -> DeviceKeys {
    let (user, id) = (inputs.text("user"), inputs.text("device"));
    DeviceKeys::parse(user, id, object).expect("the device is good")
}

pub(crate) fn signed_device(inputs: Inputs<'_>) -> Result {
    let device = inputs.object("device");
    let device = device_of(device, object(device, "object")?);
    Ok(json!({"signed": own(inputs).as_user().has_signed(&device)}))
}

pub(crate) fn signed_user(inputs: Inputs<'_>) -> Result {
    Ok(json!({"signed": own(inputs).has_signed(&other(inputs))}))
}

fn shown(state: IdentityState) -> &'static str {
    match state {
        IdentityState::Verified => "verified",
        IdentityState::VerificationViolation => "verification violation",
        IdentityState::PinViolation => "pin violation",
        IdentityState::Pinned => "pinned",
    }
}

fn state(name: &str) -> IdentityState {
    use IdentityState::{PinViolation, Pinned, VerificationViolation, Verified};
    [Verified, VerificationViolation, PinViolation, Pinned]
        .into_iter()
        .find(|state| shown(*state) == name)
        .expect("a state")
}

pub(crate) fn user_trust(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let own = own(inputs);
    let master = own.as_user().master_key();
    let mut ours = OwnTrust::first_seen(&own);
    if case.inputs.get("own_verified") == Some(&json!(true)) {
        ours.verify(&master).expect("it is ours");
    }
    let mut trust: Option<UserTrust> = None;
    let mut outcomes = Vec::new();
    for step in &case.steps {
        let view = Some(ours.view(&own));
        let met = || panic!("the first step is an identity");
        match step.operation.as_str() {
            "identity" => {
                let name = Inputs::new(&step.inputs).text("identity");
                let objects = inputs.object("identities").object(name);
                let part = |name| object(objects, name).expect("is JSON");
                let user = inputs.text("other");
                let identity = UserIdentity::parse(user, part("master"), part("self_signing"));
                let identity = identity.expect("an identity is good");
                match &mut trust {
                    Some(trust) => trust.observe(&identity, view),
                    None => trust = Some(UserTrust::first_seen(&identity, view)),
                }
            }
            "accept" => trust.as_mut().unwrap_or_else(met).pin(),
            "withdraw" => trust.as_mut().unwrap_or_else(met).withdraw(view),
            "own-verified" => {
                ours.verify(&master).expect("it is ours");
                let trust = trust.as_mut().unwrap_or_else(met);
                trust.own_verified(ours.view(&own));
            }
            "own-unverified" => ours.withdraw(),
            "trust-record" => {
                let record = trust.as_ref().map(UserTrust::to_bytes).unwrap_or_default();
                assert_eq!(
                    UserTrust::from_bytes(&record).as_ref(),
                    Ok(trust.as_ref().expect("met"))
                );
                outcomes.push(Outcome::accepts(json!({"record": hex(&record)})));
                continue;
            }
            other => panic!("nobody runs {other}"),
        }
        let state = trust
            .as_ref()
            .map(|trust| trust.state(Some(ours.view(&own))));
        outcomes.push(Outcome::accepts(json!({"state": state.map(shown)})));
    }
    Run::new(outcome(Ok(json!({}))), outcomes)
}

pub(crate) fn session_trust(inputs: Inputs<'_>) -> Result {
    let identity = read_identity(inputs, "user", ["master", "self_signing"])?;
    let recorded = inputs.object("recorded");
    let device = inputs.has("object").then(|| {
        let object = object(inputs.object("objects"), inputs.text("object")).expect("is JSON");
        device_of(inputs, object)
    });
    let curve25519 = Curve25519PublicKey::from_base64(recorded.text("curve25519"));
    let ed25519 = Ed25519PublicKey::from_base64(recorded.text("ed25519"));
    let (curve25519, ed25519) = (curve25519.expect("a key"), ed25519.expect("a key"));
    let owner = inputs
        .has("state")
        .then(|| ShownIdentity::new(&identity, state(inputs.text("state"))));
    let trust = SenderTrust::of_session(&curve25519, &ed25519, device.as_ref(), owner)
        .map_err(|_| "session-owner")?;
    Ok(json!({"trust": match trust {
        SenderTrust::UnknownDevice => "unknown device",
        SenderTrust::DeviceInfo => "device info",
        SenderTrust::VerificationViolation => "verification violation",
        SenderTrust::SenderUnverified => "sender unverified",
        SenderTrust::SenderVerified => "sender verified",
    }}))
}

pub(crate) fn recipient(case: &Case) -> Result {
    let inputs = Inputs::new(&case.inputs);
    let flag = |name: &str| case.inputs.get(name) == Some(&json!(true));
    let account = Account::new_with(&mut Given::new(vec![1; 64])).expect("the bytes are given");
    let keys = |byte: u8, user| {
        let seeds = [&[byte; 32], &[byte | 1; 32], &[byte | 2; 32]];
        CrossSigningKeys::from_seeds(user, seeds).expect("they differ")
    };
    let (ours, theirs) = (keys(0x10, "@alice:x"), keys(0x20, "@bob:x"));
    let (own, bob) = (ours.public_identity(), theirs.public_identity());
    let make = if flag("dehydrated") {
        DeviceKeys::new_dehydrated
    } else {
        DeviceKeys::new
    };
    let mut device = make(&account, "@bob:x", "DEVICE");
    if flag("signed") {
        theirs
            .self_signing
            .sign_device(&mut device, &bob)
            .expect("is Bob's");
    }
    let trust = match inputs.text("own") {
        "none" => None,
        "never" => Some(OwnTrust::first_seen(&own)),
        "verified" => {
            let mut trust = OwnTrust::first_seen(&own);
            trust.verify(&ours.master.public_key()).expect("it is ours");
            Some(trust)
        }
        "violation" => {
            let old = keys(0x40, "@alice:x");
            let mut trust = OwnTrust::first_seen(&old.public_identity());
            trust.verify(&old.master.public_key()).expect("it was ours");
            Some(trust)
        }
        other => panic!("no state {other}"),
    };
    let owner = inputs
        .has("state")
        .then(|| ShownIdentity::new(bob.as_user(), state(inputs.text("state"))));
    let strategy = match inputs.text("strategy") {
        "cross-signed" => SharingStrategy::CrossSigned,
        "error-on-verified-user-problem" => SharingStrategy::ErrorOnVerifiedUserProblem,
        "all-devices" => SharingStrategy::AllDevices,
        "only-trusted" => SharingStrategy::OnlyTrusted,
        other => panic!("no strategy {other}"),
    };
    let local = match inputs.text("local") {
        "unset" => LocalTrust::Unset,
        "verified" => LocalTrust::Verified,
        "ignored" => LocalTrust::Ignored,
        "blacklisted" => LocalTrust::Blacklisted,
        other => panic!("no trust {other}"),
    };
    let view = trust.as_ref().map(|trust| trust.view(&own));
    let decisions = strategy
        .decide(view, owner, [(&device, local)])
        .map_err(identity_classes::sharing)?;
    let [(_, decision)] = decisions.as_slice() else {
        panic!("one decision for one device");
    };
    Ok(json!({"decision": match decision {
        Sharing::Share => "share",
        Sharing::Withhold(reason) => reason.code(),
    }}))
}
