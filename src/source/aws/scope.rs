//! Which account and region a file belongs to, as its folders say.

use super::common;

/// `accounts/<id>/<region>/`, `<region>/`, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope {
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
}

impl Scope {
    /// Looks at the folders of a path; the last one of each sort counts.
    pub(super) fn of(name: &str) -> Self {
        let mut scope = Self::default();
        let mut folders: Vec<&str> = name.split(['/', '\\']).collect();
        folders.pop();
        for folder in folders {
            if folder.len() == 12 && folder.bytes().all(|byte| byte.is_ascii_digit()) {
                scope.account = Some(folder.to_owned());
            } else if common::region(folder) == Some(folder) {
                scope.region = Some(folder.to_owned());
            }
        }
        scope
    }
}
