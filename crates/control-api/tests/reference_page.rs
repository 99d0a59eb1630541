//! The generated page is in the repository as the code would write it now.

#[test]
fn the_page_of_actions_is_up_to_date() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/actions.md"
    );
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == control_api::reference_page(),
        "docs/reference/actions.md is out of date: run cargo xtask codegen"
    );
}

#[test]
fn every_action_is_an_operation_of_the_model() {
    for action in control_api::ACTIONS {
        assert!(
            proto_awsquery::operations::find(action).is_some(),
            "{action}"
        );
    }
    assert!(control_api::ACTIONS.is_sorted());
}
