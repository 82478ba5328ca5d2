/* Parameters of SVCB and HTTPS to text: the other direction of dns_text_svcb.
 *
 * Stateless, any thread. */
#pragma once

#include "base/bytes.h"

/* Print parameters up to the end of rd, a blank between. Named keys by name, quotes only where they
 * are needed; what does not fit its key's kind is written keyN="...".
 * Shape: rising by key, nothing for none. Units: none. Errors: ERR_SHORT in rd, ERR_SPACE in out.
 * Source: RFC 9460 2.1, A. */
void dns_text_param_print(struct rd *rd, struct wr *out);
