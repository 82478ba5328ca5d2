#include "server/conf_value.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

__attribute__((format(printf, 2, 3))) static int refuse(struct conf_value *value,
                                                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(value->why, sizeof value->why, format, args);
    va_end(args);
    return ERR_VALUE;
}

/* Decimal digits up to the end, without leading zeros; false also above most. */
static bool parse_decimal(const char *text, unsigned most, unsigned *out_number)
{
    unsigned number = 0;
    size_t len = strlen(text);
    if (len == 0 || len > 5 || (len > 1 && text[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    *out_number = number;
    return number <= most;
}

/* An IPv4 or IPv6 address of len octets; returns its family, 0 when it is none. */
static uint8_t parse_ip(const char *text, size_t len, uint8_t out_address[16])
{
    char copy[INET6_ADDRSTRLEN];
    if (len >= sizeof copy) {
        return 0;
    }
    memcpy(copy, text, len);
    copy[len] = 0;
    memset(out_address, 0, 16);
    if (inet_pton(AF_INET, copy, out_address) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, copy, out_address) == 1 ? 6 : 0;
}

/* 127.0.0.1:5300 or [::1]:5300; the port is always said. */
static int parse_address(struct conf_value *value, void *out_field)
{
    const char *text = value->text;
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[';
    unsigned port;
    struct server_conf_address address;
    memset(&address, 0, sizeof address); /* padding, too: lists are compared as octets */
    if (!colon || (bracketed && (colon == text + 1 || colon[-1] != ']'))) {
        return refuse(value, "no port");
    }
    size_t len = (size_t)(colon - text);
    address.family = bracketed ? parse_ip(text + 1, len - 2, address.address)
                               : parse_ip(text, len, address.address);
    if (address.family != (bracketed ? 6 : 4)) {
        uint8_t whole[16];
        bool bare = parse_ip(text, strlen(text), whole) == 6;
        return refuse(value, bare ? "an IPv6 address stands in [ ]" : "not an address");
    }
    if (!parse_decimal(colon + 1, UINT16_MAX, &port) || port == 0) {
        return refuse(value, "the port is not from 1 to 65535");
    }
    address.port = (uint16_t)port;
    memcpy(out_field, &address, sizeof address);
    return 0;
}

static bool has_bits_behind(const struct server_conf_prefix *prefix)
{
    unsigned found = 0;
    for (unsigned bit = prefix->bits; bit < 128; bit++) {
        found |= prefix->address[bit / 8] & (0x80u >> bit % 8);
    }
    return found != 0;
}

static int parse_prefix(struct conf_value *value, void *out_field)
{
    const char *text = value->text;
    size_t len = strcspn(text, "/");
    struct server_conf_prefix prefix;
    prefix.family = parse_ip(text, len, prefix.address);
    if (!prefix.family) {
        return refuse(value, "not an address");
    }
    unsigned most = prefix.family == 4 ? 32 : 128;
    unsigned bits = most;
    if (text[len] && !parse_decimal(text + len + 1, most, &bits)) {
        return refuse(value, "the length is not from 0 to %u", most);
    }
    prefix.bits = (uint8_t)bits;
    if (has_bits_behind(&prefix)) { /* 10.0.0.1/8: one of the two is a slip */
        return refuse(value, "bits are set behind the length");
    }
    memcpy(out_field, &prefix, sizeof prefix);
    return 0;
}

static int parse_name(struct conf_value *value, void *out_field)
{
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    size_t text_len = strlen(value->text);
    int err = text_len ? dns_name_parse(value->text, text_len, NULL, name, &len) : ERR_SYNTAX;
    if (err || !strcmp(value->text, "@")) {
        return refuse(value, "%s", err_text(err ? err : ERR_SYNTAX));
    }
    uint8_t *copy = arena_copy(value->arena, name, len);
    if (!copy) {
        return ERR_LIMIT;
    }
    dns_name_lower(copy, len, copy);
    memcpy(out_field, &copy, sizeof copy);
    return 0;
}

/* `*` is any one label, `**` as the leftmost label any number of them; both stand alone in their label. */
static int parse_owner(struct conf_value *value, void *out_field)
{
    const char *text = value->text;
    size_t len = strlen(text);
    uint8_t name[DNS_NAME_MAX];
    static const uint8_t root[1];
    size_t name_len;
    if (len == 0 || text[len - 1] == '.' || dns_name_parse(text, len, root, name, &name_len)) {
        return refuse(value, "not a name relative to the zone");
    }
    for (const uint8_t *label = name; *label; label += 1 + *label) {
        bool starred = memchr(label + 1, '*', *label) != NULL;
        bool one = label[0] == 1;
        bool any = label == name && label[0] == 2 && label[2] == '*' && label[1] == '*';
        if (starred && !one && !any) {
            return refuse(value, "a star stands alone in its label, ** at the left only");
        }
    }
    const char *copy = arena_copy(value->arena, text, len);
    if (!copy) {
        return ERR_LIMIT;
    }
    memcpy(out_field, &copy, sizeof copy);
    return 0;
}

static int parse_type(struct conf_value *value, void *out_field)
{
    uint16_t type;
    if (!strcmp(value->text, "any")) {
        type = DNS_TYPE_ANY;
    } else if (!dns_type_parse(value->text, strlen(value->text), &type)) {
        return ERR_VALUE;
    } else if (dns_type_is_meta(type) && type != DNS_TYPE_ANY) {
        return refuse(value, "no record has this type");
    }
    memcpy(out_field, &type, sizeof type);
    return 0;
}

static int parse_store_kind(struct conf_value *value, void *out_field)
{
    if (!strcmp(value->text, "etcd")) {
        return refuse(value, "clusters on etcd come later");
    }
    return conf_type_parse_word(value, out_field);
}

static const char *const log_levels[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug", NULL,
};
static const char *const store_kinds[] = {[SERVER_CONF_LMDB] = "lmdb", NULL};
static const char *const algorithms[] = {
    [SERVER_CONF_HMAC_SHA1] = "hmac-sha1",
    [SERVER_CONF_HMAC_SHA256] = "hmac-sha256",
    [SERVER_CONF_HMAC_SHA384] = "hmac-sha384",
    [SERVER_CONF_HMAC_SHA512] = "hmac-sha512",
    NULL,
};
static const char *const catalogs[] = {
    [SERVER_CONF_NONE] = "none",
    [SERVER_CONF_PRODUCER] = "producer",
    [SERVER_CONF_CONSUMER] = "consumer",
    NULL,
};

static const char *const transports[] = {
    [QUERY_UDP] = "udp", [QUERY_TCP] = "tcp", [QUERY_TLS] = "tls", [QUERY_UNIX] = "unix", NULL,
};
static const char *const durabilities[] = {
    [SERVER_CONF_DURABLE] = "durable", [SERVER_CONF_RELAXED] = "relaxed", NULL};
static const char *const serials[] = {
    [ZONE_SERIAL_INCREMENT] = "increment",
    [ZONE_SERIAL_UNIXTIME] = "unixtime",
    [ZONE_SERIAL_DATE] = "date",
    NULL,
};

const struct conf_type server_conf_value_address = {
    "address:port", sizeof(struct server_conf_address), NULL, parse_address};
const struct conf_type server_conf_value_prefix = {
    "address or network", sizeof(struct server_conf_prefix), NULL, parse_prefix};
const struct conf_type server_conf_value_name = {"domain name", sizeof(uint8_t *), NULL,
                                                 parse_name};
const struct conf_type server_conf_value_owner = {"owner pattern", sizeof(char *), NULL,
                                                  parse_owner};
const struct conf_type server_conf_value_type = {"record type", sizeof(uint16_t), NULL, parse_type};
const struct conf_type server_conf_value_log_level = {"one", sizeof(enum log_level), log_levels,
                                                      conf_type_parse_word};
const struct conf_type server_conf_value_store_kind = {"one", sizeof(enum server_conf_store_kind),
                                                       store_kinds, parse_store_kind};
const struct conf_type server_conf_value_algorithm = {"one", sizeof(enum server_conf_algorithm),
                                                      algorithms, conf_type_parse_word};
const struct conf_type server_conf_value_catalog = {"one", sizeof(enum server_conf_catalog),
                                                    catalogs, conf_type_parse_word};

const struct conf_type server_conf_value_transport = {"any", sizeof(enum query_transport),
                                                      transports, conf_type_parse_word};
const struct conf_type server_conf_value_durability = {"one", sizeof(enum server_conf_durability),
                                                       durabilities, conf_type_parse_word};
const struct conf_type server_conf_value_serial = {"one", sizeof(enum zone_serial_policy), serials,
                                                   conf_type_parse_word};

void server_conf_value_fill_address(const struct server_conf_address *address,
                                    struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (address->family == 4) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(address->port);
        memcpy(&in->sin_addr, address->address, 4);
        return;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(address->port);
    memcpy(&in6->sin6_addr, address->address, 16);
}

void server_conf_value_print_address(const struct server_conf_address *address, char *out,
                                     size_t size)
{
    char text[INET6_ADDRSTRLEN];
    bool is_4 = address->family == 4;
    inet_ntop(is_4 ? AF_INET : AF_INET6, address->address, text, sizeof text);
    (void)snprintf(out, size, is_4 ? "%s:%u" : "[%s]:%u", text, address->port);
}

const struct dns_tsig_algorithm *server_conf_value_tsig(enum server_conf_algorithm algorithm)
{
    return dns_tsig_algorithm_parse(algorithms[algorithm], strlen(algorithms[algorithm]));
}
