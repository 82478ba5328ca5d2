/* TXT mirror: what the records of a centre or pool say, as name=value strings for stock DNS-SD
 * clients, with the names and scores of the IETF's CATS drafts. Formulas are in docs/records.md.
 *
 * Only what is known is said, and only from public records. Works on the caller's octets,
 * allocates nothing. Stateless, any thread. */
#pragma once

#include "base/bytes.h"
#include "zones/cres.h"

#define CRES_MIRROR_MAX 1300 /* octets of the TXT RDATA */

/* Append TXT RDATA for a name, most useful facts first, each key once. A fact that does not fit
 * is left out. Records with vis other than public are passed over; when nothing is left, nothing
 * is written, and there is no TXT at the name. A key is taken from the first record that has it:
 * CRES in the given order, CLOAD, CENTRE, the centre above; what belongs together (accelerators,
 * figures and their basis, price) from one record.
 * Shape: character-strings of at most 255 octets. Units: at most CRES_MIRROR_MAX octets.
 * Errors: ERR_SPACE. Source: RFC 6763 section 6, draft-liu-cats-dns-service-discovery,
 * draft-ietf-cats-metric-definition. */
int cres_mirror_txt(const struct cres_view *view, struct wr *out);
