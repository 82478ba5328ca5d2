#include "server/checkpoint.h"

#include "base/log.h"

enum { MS_PER_S = 1000 };

/* One slice; the next one queues behind what came meanwhile. */
static void run(struct writer_job *job)
{
    struct checkpoint *checkpoint = (struct checkpoint *)(void *)job; /* job is the first member */
    bool more;
    int err = keeper_checkpoint(checkpoint->keeper, &more);
    if (err) {
        log_error("checkpoint_failed", "error=%s", err_text(err));
        more = false;
    }
    if (more) {
        writer_post(checkpoint->writer, job);
        return;
    }
    __atomic_store_n(&checkpoint->is_running, false, __ATOMIC_RELEASE);
}

static void on_timer(struct loop_timer *timer)
{
    struct checkpoint *checkpoint = timer->context;
    if (!__atomic_exchange_n(&checkpoint->is_running, true, __ATOMIC_ACQ_REL)) {
        writer_post(checkpoint->writer, &checkpoint->job);
    }
}

void checkpoint_start(struct checkpoint *checkpoint, struct loop *loop, struct writer *writer,
                      struct keeper *keeper, uint32_t interval_s)
{
    checkpoint->job.run = run;
    checkpoint->writer = writer;
    checkpoint->keeper = keeper;
    loop_timer_init(&checkpoint->timer, loop, on_timer, checkpoint);
    uint64_t interval_ms = (uint64_t)interval_s * MS_PER_S;
    loop_timer_start(&checkpoint->timer, interval_ms, interval_ms);
}

void checkpoint_stop(struct checkpoint *checkpoint)
{
    if (checkpoint->writer) {
        loop_timer_close(&checkpoint->timer, NULL);
    }
}
