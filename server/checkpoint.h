/* Checkpoint: now and then, changed names are written to the store and the journal before them
 * goes, in slices between other jobs of the writer, so that updates do not wait for it.
 *
 * Belongs to the loop that starts it; the work is done in the writer's thread. */
#pragma once

#include <stdint.h>

#include "server/keeper.h"
#include "server/writer_beat.h"

struct checkpoint {
    struct writer_beat beat;
    struct keeper *keeper;
};

/* Begin to checkpoint every interval. Shape: embedded; borrows all until checkpoint_stop and the
 * end of the writer. Units: s. Errors: none. Source: none. */
void checkpoint_start(struct checkpoint *checkpoint, struct loop *loop, struct writer *writer,
                      struct keeper *keeper, uint32_t interval_s);

/* Stop the timer; a zeroed one is accepted. The loop's thread. Shape: none. Units: none. Errors:
 * none.
 * Source: none. */
void checkpoint_stop(struct checkpoint *checkpoint);
