/* Who asks: one struct, filled by the transport and used by every check (threats row 5).
 *
 * Plain data, copied freely.
 * Prefix: query_ */
#pragma once

#include <stdint.h>

enum query_transport { QUERY_UDP, QUERY_TCP, QUERY_TLS, QUERY_UNIX };

struct query_peer {
    enum query_transport transport;
    uint8_t family;      /* 4 or 6; 0 for a unix socket */
    uint16_t port;       /* host order */
    uint8_t address[16]; /* network order, the first 4 octets for family 4 */
};
