#include "base/loop.h"

#include <signal.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rcu.h"

static void on_prepare(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->loop->data;

    if (loop->is_reader && !loop->is_offline) {
        rcu_offline();
        loop->is_offline = true;
    }
}

static void on_check(uv_check_t *check)
{
    loop_awake(check->loop->data);
}

/* libuv calls back for input inside its wait, between prepare and check: so every callback awakes. */
void loop_awake(struct loop *loop)
{
    if (loop->is_offline) {
        rcu_online();
        loop->is_offline = false;
    }
}

int loop_create(bool rcu_reader, struct loop **out_loop)
{
    struct loop *loop = mem_alloc(sizeof(*loop));
    const int err = uv_loop_init(&loop->uv);
    if (err) {
        mem_free(loop);
        return err;
    }
    loop->uv.data = loop;
    loop->is_reader = rcu_reader;
    loop->scratch = mem_alloc(LOOP_SCRATCH);
    /* These four can not fail: they only link a handle into the loop. */
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_check_init(&loop->uv, &loop->check);
    uv_check_start(&loop->check, on_check);
    uv_unref((uv_handle_t *)&loop->prepare);
    uv_unref((uv_handle_t *)&loop->check);
    signal(SIGPIPE,
           SIG_IGN); /* writing to a peer that is gone is an error code, not the end of us */
    *out_loop = loop;
    return 0;
}

void loop_run(struct loop *loop)
{
    if (loop->is_reader) {
        rcu_enter();
    }
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    loop_awake(loop);
    if (loop->is_reader) {
        rcu_leave();
    }
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

struct handles {
    unsigned open, closing;
};

static void count_handle(uv_handle_t *handle, void *context)
{
    struct handles *handles = context;

    if (uv_is_closing(handle)) {
        handles->closing++;
    } else {
        handles->open++;
    }
}

/* Run close callbacks, which may close more, until none is due. Returns the handles still open. */
static unsigned finish_closing(struct loop *loop)
{
    for (;;) {
        struct handles handles = {0, 0};
        uv_walk(&loop->uv, count_handle, &handles);
        if (handles.closing == 0) {
            return handles.open;
        }
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    }
}

int loop_destroy(struct loop *loop)
{
    if (!loop) {
        return 0;
    }
    loop->is_reader = false;        /* the rounds here only close */
    if (finish_closing(loop) > 2) { /* prepare and check are ours */
        return UV_EBUSY;
    }
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
    CHECK(finish_closing(loop) == 0);
    CHECK(uv_loop_close(&loop->uv) == 0);
    mem_free(loop->scratch);
    mem_free(loop);
    return 0;
}

uint64_t loop_now_ms(const struct loop *loop)
{
    return uv_now(&loop->uv);
}

static void timer_fired(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;

    loop_awake(uv->loop->data);
    timer->on_fire(timer);
}

static void timer_closed(uv_handle_t *uv)
{
    struct loop_timer *timer = uv->data;

    if (timer->on_closed) {
        timer->on_closed(timer);
    }
}

void loop_timer_init(struct loop_timer *timer, struct loop *loop,
                     void (*on_fire)(struct loop_timer *timer), void *context)
{
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    timer->on_fire = on_fire;
    timer->on_closed = NULL;
    timer->context = context;
}

void loop_timer_start(struct loop_timer *timer, uint64_t after_ms, uint64_t repeat_ms)
{
    uv_update_time(timer->uv.loop); /* the cached time may be as old as the present round */
    uv_timer_start(&timer->uv, timer_fired, after_ms, repeat_ms);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

void loop_timer_close(struct loop_timer *timer, void (*on_closed)(struct loop_timer *timer))
{
    timer->on_closed = on_closed;
    uv_close((uv_handle_t *)&timer->uv, timer_closed);
}

static void signal_came(uv_signal_t *uv, int number)
{
    struct loop_signal *sig = uv->data;

    loop_awake(uv->loop->data);
    sig->on_signal(sig, number);
}

static void signal_closed(uv_handle_t *uv)
{
    struct loop_signal *sig = uv->data;

    if (sig->on_closed) {
        sig->on_closed(sig);
    }
}

int loop_signal_start(struct loop_signal *sig, struct loop *loop, int number,
                      void (*on_signal)(struct loop_signal *sig, int number), void *context)
{
    struct sigaction old;
    if (number == SIGKILL || number == SIGSTOP || sigaction(number, NULL, &old) < 0) {
        return UV_EINVAL; /* found now, because after a failed start there would be a handle to close */
    }
    const int err = uv_signal_init(&loop->uv, &sig->uv);
    if (err) {
        return err;
    }
    sig->uv.data = sig;
    sig->on_signal = on_signal;
    sig->on_closed = NULL;
    sig->context = context;
    CHECK(uv_signal_start(&sig->uv, signal_came, number) == 0);
    uv_unref((uv_handle_t *)&sig->uv); /* waiting for a signal alone is no reason to run on */
    return 0;
}

void loop_signal_close(struct loop_signal *sig, void (*on_closed)(struct loop_signal *sig))
{
    sig->on_closed = on_closed;
    uv_close((uv_handle_t *)&sig->uv, signal_closed);
}
