/* Values of suanyud.yaml: types that only a name server has, in the shape of base/conf_type.h.
 * What they point to lies in the configuration's arena. Stateless, any thread.
 * Prefix: server_conf_ */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/conf_type.h"
#include "server/query_peer.h"
#include "zones/zone_serial.h"
#include "zones/dns_tsig_key.h"

/* An address and a port, `127.0.0.1:5300` or `[::1]:5300`. */
struct server_conf_address {
    uint8_t family;      /* 4 or 6 */
    uint16_t port;       /* host order, not 0 */
    uint8_t address[16]; /* network order, the first 4 octets for family 4, zeros behind */
};

/* A network, `127.0.0.0/8` or `2001:db8::/32`; without `/` one address. */
struct server_conf_prefix {
    uint8_t family;      /* 4 or 6 */
    uint8_t bits;        /* 0..32 or 0..128; the bits behind are 0 */
    uint8_t address[16]; /* as in server_conf_address */
};

enum { SERVER_CONF_PRIMARIES_MAX = 16 }; /* of one zone */

enum server_conf_store_kind { SERVER_CONF_LMDB };

enum server_conf_algorithm {
    SERVER_CONF_HMAC_SHA1,
    SERVER_CONF_HMAC_SHA256,
    SERVER_CONF_HMAC_SHA384,
    SERVER_CONF_HMAC_SHA512,
};

enum server_conf_durability { SERVER_CONF_DURABLE, SERVER_CONF_RELAXED };

/* What a zone is in the sense of RFC 9432. */
enum server_conf_catalog { SERVER_CONF_NONE, SERVER_CONF_PRODUCER, SERVER_CONF_CONSUMER };

/* Lists: count elements at items; items is NULL when there are none. */
struct server_conf_addresses {
    struct server_conf_address *items;
    size_t count;
};
struct server_conf_prefixes {
    struct server_conf_prefix *items;
    size_t count;
};
struct server_conf_types { /* DNS_TYPE_ANY stands for every type */
    uint16_t *items;
    size_t count;
};
struct server_conf_transports {
    enum query_transport *items;
    size_t count;
};
struct server_conf_texts {
    const char **items;
    size_t count;
};
struct server_conf_names {
    const uint8_t **items; /* as server_conf_value_name gives them */
    size_t count;
};

/* Their fields: the structs and enums above, and */
extern const struct conf_type server_conf_value_address;
extern const struct conf_type server_conf_value_prefix;
extern const struct conf_type server_conf_value_name;  /* const uint8_t *: wire form, lower case */
extern const struct conf_type server_conf_value_owner; /* const char *: pattern of relative names */
extern const struct conf_type server_conf_value_type;  /* uint16_t: record type */
extern const struct conf_type server_conf_value_log_level; /* enum log_level */
extern const struct conf_type server_conf_value_store_kind;
extern const struct conf_type server_conf_value_algorithm;
extern const struct conf_type server_conf_value_transport;  /* enum query_transport */
extern const struct conf_type server_conf_value_durability; /* enum server_conf_durability */
extern const struct conf_type server_conf_value_serial;     /* enum zone_serial_policy */
extern const struct conf_type server_conf_value_catalog;    /* enum server_conf_catalog */

/* An address as the socket calls want it. Shape: out zeroed where the family has nothing. Units: none.
 * Errors: none. Source: none. */
void server_conf_value_fill_address(const struct server_conf_address *address,
                                    struct sockaddr_storage *out);

/* Print an address as it stands in the file. Shape: out of size octets, 64 are enough; terminated.
 * Units: none. Errors: cut. Source: RFC 5952. */
void server_conf_value_print_address(const struct server_conf_address *address, char *out,
                                     size_t size);

/* The TSIG algorithm that a word of the file stands for: the words are the table's names. Shape: static.
 * Units: none. Errors: none. Source: RFC 8945 section 6. */
const struct dns_tsig_algorithm *server_conf_value_tsig(enum server_conf_algorithm algorithm);
