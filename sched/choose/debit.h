/* Debits: capacity that was promised and that no load report shows yet.
 *
 * A debit is made in the same call as the choice (debit_choose), so requests against one stale report never get
 * more than what was published free. When it ends: sched/choose/debit_list.h. One thread; bounded; no clock of
 * its own. */
#pragma once

#include "sched/choose/choose.h"
#include "sched/choose/debit_list.h"

/* Choose, and promise what is asked for at the first pick. Shape: *out_id ends it by debit_end; ask->debit is
 * set to this list. Units: see structs. Errors: ERR_MISSING: nothing fits (out says why), ERR_LIMIT: too many
 * promises. Source: docs/policies.md. */
int debit_choose(struct debit *debit, struct choose *choose, struct choose_ask *ask,
                 struct choose_answer *out, uint64_t *out_id);
