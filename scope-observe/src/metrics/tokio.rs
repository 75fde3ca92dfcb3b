//! The families of the tokio runtime on which the observer was started.

use prometheus_client::registry::Unit;
use tokio::runtime::RuntimeMetrics;

use super::family::{Family, Labels};
use super::services::level;

pub(super) fn families(runtime: &RuntimeMetrics) -> Vec<Family> {
    let gauge = |name, help, value| {
        let mut family = Family::gauge(name, help);
        family.level(Labels::default(), level(value));
        family
    };
    let mut busy = Family::counter("tokio_worker_busy", "Time in which a worker ran tasks")
        .unit(Unit::Seconds);
    for worker in 0..runtime.num_workers() {
        let labels = Labels::default().with("worker", worker.to_string());
        let time = runtime.worker_total_busy_duration(worker);
        busy.total(labels, time.as_secs_f64());
    }
    vec![
        gauge("tokio_workers", "Worker threads", runtime.num_workers()),
        gauge("tokio_alive_tasks", "Tasks", runtime.num_alive_tasks()),
        gauge(
            "tokio_global_queue_depth",
            "Tasks that wait for any worker",
            runtime.global_queue_depth(),
        ),
        busy,
    ]
}
