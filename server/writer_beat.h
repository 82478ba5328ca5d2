/* Writer beat: work of the writer that a timer asks for again and again, in slices between its other
 * jobs.
 *
 * Embedded in its owner. Belongs to the loop that starts it; the work is done in the writer's thread,
 * never twice at one time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "server/writer.h"

struct writer_beat {
    struct writer_job job; /* first: the writer hands back its address */
    struct loop_timer timer;
    struct writer *writer;
    bool (*work)(void *context); /* one slice; true: there is more, behind what came meanwhile */
    void *context;
    bool is_running; /* the job is queued or under way; atomic */
};

/* Begin: work after first_ms, then each interval_ms unless it is under way.
 * Shape: embedded, overwritten; borrows all until writer_beat_stop and the end of the writer. Units: ms.
 * Errors: none. Source: none. */
void writer_beat_start(struct writer_beat *beat, struct loop *loop, struct writer *writer,
                       uint64_t first_ms, uint64_t interval_ms, bool (*work)(void *context),
                       void *context);

/* Stop the timer; a zeroed one is accepted. The loop's thread. Shape: none. Units: none. Errors: none.
 * Source: none. */
void writer_beat_stop(struct writer_beat *beat);
