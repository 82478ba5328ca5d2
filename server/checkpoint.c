#include "server/checkpoint.h"

#include "base/log.h"

enum { MS_PER_S = 1000 };

static bool work(void *context)
{
    struct checkpoint *checkpoint = context;
    bool more;
    int err = keeper_checkpoint(checkpoint->keeper, &more);
    if (err) {
        log_error("checkpoint_failed", "error=%s", err_text(err));
    }
    return !err && more;
}

void checkpoint_start(struct checkpoint *checkpoint, struct loop *loop, struct writer *writer,
                      struct keeper *keeper, uint32_t interval_s)
{
    uint64_t interval_ms = (uint64_t)interval_s * MS_PER_S;
    checkpoint->keeper = keeper;
    writer_beat_start(&checkpoint->beat, loop, writer, interval_ms, interval_ms, work, checkpoint);
}

void checkpoint_stop(struct checkpoint *checkpoint)
{
    writer_beat_stop(&checkpoint->beat);
}
