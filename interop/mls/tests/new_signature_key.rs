//! The other libraries follow when a member of ours changes its signature key.

use necturus_interop_mls::{
    member::{Change, Member, Received, Settings},
    mls_rs::MlsRsMember,
    necturus::NecturusMember,
    openmls::OpenMlsMember,
};

#[test]
fn a_new_signature_key() {
    for (suite, private_handshake) in [(1, true), (2, false), (3, true)] {
        let settings = |name: &str| Settings {
            name: name.into(),
            suite,
            private_handshake,
            past_epochs: 1,
            out_of_order: 5,
        };
        let mut ours = NecturusMember::new(&settings("ours")).unwrap();
        let mut theirs: [Box<dyn Member>; 2] = [
            Box::new(MlsRsMember::new(&settings("mls-rs")).unwrap()),
            Box::new(OpenMlsMember::new(&settings("openmls")).unwrap()),
        ];
        ours.create(b"group").unwrap();
        let add = [0, 1].map(|at| Change::Add(theirs[at].key_package().unwrap()));
        let welcome = ours.commit(&add, b"").unwrap().welcome.unwrap();
        ours.merge().unwrap();
        for member in &mut theirs {
            member.join(&welcome).unwrap();
        }
        let commit = ours.change_signature_key().unwrap();
        ours.merge().unwrap();
        // Signed by the new key.
        let message = ours.encrypt(b"after", b"").unwrap();
        let mut late = NecturusMember::new(&settings("late")).unwrap();
        let add = Change::Add(late.key_package().unwrap());
        let added = ours.commit(&[add], b"").unwrap();
        ours.merge().unwrap();
        late.join(&added.welcome.unwrap()).unwrap();
        let agreed = ours.agreed().unwrap();
        assert_eq!(late.agreed().unwrap(), agreed);
        for member in &mut theirs {
            member.process(&commit).unwrap();
            let received = member.process(&message).unwrap();
            assert!(matches!(received, Received::Application { sender: 0, .. }));
            member.process(&added.commit).unwrap();
            assert_eq!(member.agreed().unwrap(), agreed);
            let message = member.encrypt(b"back", b"").unwrap();
            ours.process(&message).unwrap();
        }
    }
}
