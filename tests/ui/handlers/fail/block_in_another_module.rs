mod declared {
    use scope::prelude::*;

    #[service]
    #[derive(Default)]
    pub struct Counter;
}

mod handled {
    use scope::prelude::*;

    use super::declared::Counter;

    #[handlers]
    impl Counter {}
}

fn main() {}
