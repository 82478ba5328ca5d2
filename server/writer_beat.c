#include "server/writer_beat.h"

static void run(struct writer_job *job)
{
    struct writer_beat *beat = (struct writer_beat *)(void *)job; /* job is the first member */
    if (beat->work(beat->context)) {
        writer_post(beat->writer, job);
        return;
    }
    __atomic_store_n(&beat->is_running, false, __ATOMIC_RELEASE);
}

static void on_timer(struct loop_timer *timer)
{
    struct writer_beat *beat = timer->context;
    if (!__atomic_exchange_n(&beat->is_running, true, __ATOMIC_ACQ_REL)) {
        writer_post(beat->writer, &beat->job);
    }
}

void writer_beat_start(struct writer_beat *beat, struct loop *loop, struct writer *writer,
                       uint64_t first_ms, uint64_t interval_ms, bool (*work)(void *context),
                       void *context)
{
    *beat =
        (struct writer_beat){.job.run = run, .writer = writer, .work = work, .context = context};
    loop_timer_init(&beat->timer, loop, on_timer, beat);
    loop_timer_start(&beat->timer, first_ms, interval_ms);
}

void writer_beat_stop(struct writer_beat *beat)
{
    if (beat->job.run) {
        loop_timer_close(&beat->timer, NULL);
    }
}
