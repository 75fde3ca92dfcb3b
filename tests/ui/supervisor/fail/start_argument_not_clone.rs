use scope::prelude::*;


struct Job;

#[service]
struct Worker;

#[handlers]
impl Worker {
    #[init]
    fn new(_job: Job) -> Self {
        Self
    }
}

supervisor! {
    supervisor Shop {
        strategy: one_for_one,
        workers: dynamic Worker(job) with job: Job,
    }
}

fn main() {}
