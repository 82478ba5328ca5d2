#include "zones/dns_tsig_stream.h"

#include <string.h>

void dns_tsig_stream_init(struct dns_tsig_stream *stream, const struct dns_tsig *tsig)
{
    *stream = (struct dns_tsig_stream){.key = tsig->key, .mac_len = tsig->mac_len};
    memcpy(stream->mac, tsig->mac, sizeof(stream->mac));
}

int dns_tsig_stream_sign(struct dns_tsig_stream *stream, struct mac *mac, uint64_t now_s,
                         struct wr *wr)
{
    struct dns_tsig_rr rr;
    dns_tsig_rr_init(&rr, stream->key, wr, now_s);
    mac_begin(mac, stream->key->mac);
    dns_tsig_rr_mac_prior(mac, stream->mac, stream->mac_len);
    mac_update(mac, wr->base, wr_len(wr));
    if (stream->begun) {
        dns_tsig_rr_mac_timers(mac, &rr); /* RFC 8945 5.3.1 */
    } else {
        dns_tsig_rr_mac_variables(mac, stream->key, &rr);
    }
    const int err = dns_tsig_rr_append(mac, stream->key, &rr, wr, stream->mac, &stream->mac_len);
    stream->begun = stream->begun || !err;
    return err;
}
