//! The services that the races are about.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use scope_runtime::{
    Call, Cast, ChildSpec, Context, Declared, ExitReason, Handle, HandlerMeta, Init, Initialized,
    Intensity, Layer, Message, Myself, Namespace, Options, ReplyTo, Root, Route, Service,
    ServiceExt, ServiceId, Strategy, SupervisorSpec,
};

use crate::explore::pause;

/// With the defaults.
pub(crate) const PLAIN: u8 = 0;
/// Its messages wait for the successor.
pub(crate) const KEPT: u8 = 1;
/// Two messages wait, the others stand in line.
pub(crate) const TIGHT: u8 = 2;
/// It serves what waits before it stops.
pub(crate) const DRAINED: u8 = 3;

/// What the incarnations of one name leave behind. Plain std: looking at it is no step.
#[derive(Debug, Default)]
pub(crate) struct Board {
    live: AtomicUsize,
    overlaps: AtomicUsize,
    starts: AtomicUsize,
    began: Mutex<Vec<u64>>,
}

impl Board {
    pub(crate) fn live(&self) -> usize {
        self.live.load(Ordering::SeqCst)
    }

    pub(crate) fn starts(&self) -> usize {
        self.starts.load(Ordering::SeqCst)
    }

    /// The numbers of the messages whose handler began, in order.
    pub(crate) fn began(&self) -> Vec<u64> {
        self.began.lock().unwrap().clone()
    }

    pub(crate) fn times(&self, number: u64) -> usize {
        let began = self.began.lock().unwrap();
        began.iter().filter(|it| **it == number).count()
    }

    fn begin(&self, number: u64) {
        self.began.lock().unwrap().push(number);
    }

    /// Nobody runs, and never two did at once.
    pub(crate) fn check_end(&self) {
        assert_eq!(self.live(), 0, "an incarnation was left");
        let overlaps = self.overlaps.load(Ordering::SeqCst);
        assert_eq!(overlaps, 0, "two incarnations ran at once");
    }
}

/// Says that an incarnation lives.
struct Alive(Arc<Board>);

impl Alive {
    fn new(board: &Arc<Board>) -> Self {
        board.starts.fetch_add(1, Ordering::SeqCst);
        if board.live.fetch_add(1, Ordering::SeqCst) > 0 {
            board.overlaps.fetch_add(1, Ordering::SeqCst);
        }
        Self(board.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A service that writes down what it is told.
pub(crate) struct Worker<const KIND: u8 = PLAIN> {
    board: Arc<Board>,
    _alive: Alive,
}

pub(crate) enum Say {
    /// Answers with the number.
    Ask(u64, ReplyTo<u64>),
    /// The same after a pause.
    AskSlowly(u64, ReplyTo<u64>),
    /// The same from a task.
    AskTask(u64, ReplyTo<u64>),
    Note(u64),
    /// Panics. Not reported: a panic of which shuttle hears is a failure to it.
    Break,
    /// Ends with this reason.
    End(ExitReason),
}

impl Message for Say {
    fn route(&mut self) -> Route<'_> {
        match self {
            Self::Ask(_, reply) | Self::AskSlowly(_, reply) | Self::AskTask(_, reply) => {
                Route::call("ask", reply)
            }
            Self::Note(_) | Self::Break | Self::End(_) => Route::cast("tell"),
        }
    }
}

impl<const KIND: u8> Declared for Worker<KIND> {
    const ID: ServiceId = ServiceId::new(module_path!(), "Worker", Layer::Application);
    const OPTIONS: Options = match KIND {
        KEPT => Options::DEFAULT.keep(),
        TIGHT => Options::DEFAULT.capacity(2),
        DRAINED => Options::DEFAULT.drain(),
        _ => Options::DEFAULT,
    };
}

impl<const KIND: u8> Service for Worker<KIND> {
    type Handle = WorkerHandle<KIND>;
    type Args = (Arc<Board>,);
    type Message = Say;
    type Myself = Myself<Self>;
    const HANDLERS: &'static [HandlerMeta] = &[];

    async fn init((board,): Self::Args, _: &mut Context<Self>) -> Initialized<Self> {
        let alive = Alive::new(&board);
        pause().await;
        Ok(Init::Run(Self {
            board,
            _alive: alive,
        }))
    }

    async fn handle(&mut self, message: Say, cx: &mut Context<Self>) {
        match message {
            Say::Ask(number, reply) => {
                self.board.begin(number);
                reply.answer(number);
            }
            Say::AskSlowly(number, reply) => {
                self.board.begin(number);
                pause().await;
                reply.answer(number);
            }
            Say::AskTask(number, reply) => {
                self.board.begin(number);
                let reply = reply.defer();
                drop(cx.spawn(async move {
                    pause().await;
                    reply.answer(number);
                }));
            }
            Say::Note(number) => self.board.begin(number),
            Say::Break => std::panic::resume_unwind(Box::new("as it was told")),
            Say::End(reason) => cx.stop(reason),
        }
    }

    async fn terminate(&mut self, _: &ExitReason, _: &mut Context<Self>) {
        pause().await;
    }
}

#[derive(Clone)]
pub(crate) struct WorkerHandle<const KIND: u8 = PLAIN>(Handle<Worker<KIND>>);

impl<const KIND: u8> From<Handle<Worker<KIND>>> for WorkerHandle<KIND> {
    fn from(handle: Handle<Worker<KIND>>) -> Self {
        Self(handle)
    }
}

impl<const KIND: u8> Deref for WorkerHandle<KIND> {
    type Target = Handle<Worker<KIND>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<const KIND: u8> WorkerHandle<KIND> {
    pub(crate) fn ask(&self, number: u64) -> Call<Worker<KIND>, u64> {
        self.call(|reply| Say::Ask(number, reply))
    }

    pub(crate) fn ask_slowly(&self, number: u64) -> Call<Worker<KIND>, u64> {
        self.call(|reply| Say::AskSlowly(number, reply))
    }

    pub(crate) fn ask_task(&self, number: u64) -> Call<Worker<KIND>, u64> {
        self.call(|reply| Say::AskTask(number, reply))
    }

    pub(crate) fn note(&self, number: u64) -> Cast<Worker<KIND>> {
        self.cast(Say::Note(number))
    }
}

/// A supervisor of a worker, and what it leaves behind.
pub(crate) struct World<const KIND: u8 = PLAIN> {
    pub(crate) root: Root,
    pub(crate) worker: WorkerHandle<KIND>,
    pub(crate) board: Arc<Board>,
    pub(crate) namespace: Namespace,
}

impl<const KIND: u8> World<KIND> {
    pub(crate) async fn start() -> Self {
        let (namespace, board) = (namespace(), Arc::<Board>::default());
        let spec = patient(SupervisorSpec::new(Strategy::OneForOne)).child(child::<KIND>(&board));
        let root = spec.start("World", namespace.clone()).await.unwrap();
        Self {
            root,
            worker: Worker::via(&namespace),
            board,
            namespace,
        }
    }

    /// Stops it; nothing may be left.
    pub(crate) async fn stop(self) {
        let reason = self.root.stop(ExitReason::Shutdown).await;
        assert!(matches!(reason, ExitReason::Shutdown), "{reason}");
        self.board.check_end();
        let left = self.namespace.processes();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// A namespace of the execution's own.
pub(crate) fn namespace() -> Namespace {
    Namespace::test("schedules")
}

/// The child `worker`.
pub(crate) fn child<const KIND: u8>(board: &Arc<Board>) -> ChildSpec {
    let board = board.clone();
    ChildSpec::service::<Worker<KIND>>("worker", move || (board.clone(),))
}

/// With as many restarts as a race may need.
pub(crate) fn patient(spec: SupervisorSpec) -> SupervisorSpec {
    spec.intensity(Intensity::new(100, std::time::Duration::from_secs(1)))
}
