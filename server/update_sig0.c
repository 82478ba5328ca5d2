#include "server/update_sig0.h"

#include <stdio.h>
#include <string.h>

#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

static bool fail(struct zone_update_result *result, unsigned rcode, unsigned ede, const char *text)
{
    *result = (struct zone_update_result){.rcode = (uint16_t)rcode, .ede = (uint16_t)ede};
    snprintf(result->text, sizeof(result->text), "%s", text);
    return false;
}

static bool has_key(const struct update_sig0_signer *signer, struct zone_edit *edit)
{
    return zone_node_holds(zone_edit_get(edit, signer->name), DNS_TYPE_KEY, signer->key.rdata,
                           signer->key.len);
}

static bool claim(const struct zone_srp *srp, struct zone_edit *edit,
                  struct zone_update_result *result)
{
    const uint8_t *taken = zone_srp_find_taken(srp, edit);
    if (!taken) {
        return true;
    }
    char name[DNS_NAME_TEXT_MAX], text[ZONE_UPDATE_TEXT];
    dns_name_print(taken, name);
    snprintf(text, sizeof(text), "%.100s is another's: choose another name", name);
    return fail(result, DNS_RCODE_YXDOMAIN, DNS_EDE_PROHIBITED, text);
}

bool update_sig0_begin(const struct update_sig0_signer *signer, struct zone_edit *edit,
                       const uint8_t *message, size_t len, struct zone_srp *out_srp,
                       struct zone_update_result *out_result)
{
    if (!signer->is_srp) {
        return has_key(signer, edit) || fail(out_result, DNS_RCODE_NOTAUTH, DNS_EDE_KEY_MISSING,
                                             "the signer's key has gone meanwhile");
    }
    const char *why =
        zone_srp_read(message, len, zone_name(zone_edit_zone(edit)), out_srp); /* once more */
    return why ? fail(out_result, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED, why)
               : claim(out_srp, edit, out_result);
}

/* The shape and the names of a registration were checked as a whole. */
static bool permit_all(void *context, const struct zone_update_record *record, uint16_t *out_ede,
                       char *text)
{
    (void)context;
    (void)record;
    (void)out_ede;
    (void)text;
    return true;
}

void update_sig0_enrol(const struct zone_srp *srp, struct zone_edit *edit, const uint8_t *message,
                       size_t len, const struct zone_update_options *options,
                       struct zone_update_result *out_result)
{
    struct zone_update_options enrolling = *options;
    enrolling.permit = permit_all;
    enrolling.ttl_max_s = srp->lease_s;
    zone_update_apply(edit, message, len, &enrolling, out_result);
    if (out_result->rcode == DNS_RCODE_NOERROR) {
        zone_srp_settle(srp, edit, message, len);
    }
}

void update_sig0_mark(const struct update_sig0_signer *signer, struct dns_tsig *out_tsig)
{
    out_tsig->mac_len = UPDATE_SIG0_MARK;
    out_tsig->fudge_s = (uint16_t)((signer->valid_s + 1) / 2);
    memcpy(out_tsig->mac, signer->mark, UPDATE_SIG0_MARK);
}
