#include "zones/zone_srp.h"

#include <string.h>

#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"

enum {
    RDATA_MAX = 6 + DNS_NAME_MAX, /* octets of SRV, the longest that is looked at */
    SRV_FIXED = 6,
    INSTANCE_LABELS = 3, /* <instance>._x._tcp */
    SUBTYPE_LABELS = 4,  /* <subtype>._sub._x._tcp */
};

/* One walk over a message's update section. */
struct reading {
    struct zone_srp *srp;
    const uint8_t *zone;
    unsigned labels; /* of the zone */
    bool has_host;
    unsigned keys; /* KEY records of the host */
    const struct dns_rr *rr;
    uint8_t owner[DNS_NAME_MAX]; /* of rr, lower case */
    uint8_t rdata[RDATA_MAX];    /* of rr, where its type is one that is looked at */
    size_t rdata_len;
};

/* --- names ------------------------------------------------------------------------------------- */

static bool is_label(const uint8_t *label, const char *text)
{
    return label[0] == strlen(text) && memcmp(label + 1, text, label[0]) == 0;
}

/* Names below the apex that mean something of their own (docs/records.md). */
static bool is_reserved(const uint8_t *label)
{
    static const char *const names[] = {"accel", "data",  "find",  "flavor",
                                        "id",    "image", "model", "org"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (is_label(label, names[i])) {
            return true;
        }
    }
    return false;
}

static bool is_wildcard(const uint8_t *name)
{
    return is_label(name, "*");
}

static unsigned depth_of(const struct reading *reading, const uint8_t *name)
{
    return dns_name_labels(name) - reading->labels;
}

static bool is_host_name(const struct reading *reading, const uint8_t *name)
{
    return depth_of(reading, name) == 1 && name[1] != '_' && !is_wildcard(name) &&
           !is_reserved(name);
}

/* RFC 6763 4.1.2: `_x._tcp`, or `_x._udp` for everything else. */
static bool is_service_name(const struct reading *reading, const uint8_t *name)
{
    if (depth_of(reading, name) != INSTANCE_LABELS - 1 || name[1] != '_') {
        return false;
    }
    const uint8_t *protocol = dns_name_up(name, 1);
    return is_label(protocol, "_tcp") || is_label(protocol, "_udp");
}

static bool is_instance_name(const struct reading *reading, const uint8_t *name)
{
    return depth_of(reading, name) == INSTANCE_LABELS && !is_wildcard(name) &&
           is_service_name(reading, dns_name_up(name, 1));
}

/* The service that a PTR's owner lists, itself or as a subtype (RFC 6763 7.1); NULL: it is no service. */
static const uint8_t *service_of(const struct reading *reading, const uint8_t *owner)
{
    if (is_service_name(reading, owner)) {
        return owner;
    }
    bool is_subtype = depth_of(reading, owner) == SUBTYPE_LABELS && !is_wildcard(owner) &&
                      is_label(dns_name_up(owner, 1), "_sub") &&
                      is_service_name(reading, dns_name_up(owner, 2));
    return is_subtype ? dns_name_up(owner, 2) : NULL;
}

static struct zone_srp_instance *find_instance(struct zone_srp *srp, const uint8_t *name)
{
    for (unsigned i = 0; i < srp->instance_count; i++) {
        if (dns_name_equal(srp->instances[i].name, name)) {
            return &srp->instances[i];
        }
    }
    return NULL;
}

static bool is_host(const struct reading *reading)
{
    return reading->has_host && dns_name_equal(reading->owner, reading->srp->host);
}

/* --- first walk: names and what they get ------------------------------------------------------- */

/* RFC 2136 2.5.3: each description begins by clearing its name. */
static const char *take_delete(struct reading *reading)
{
    struct zone_srp *srp = reading->srp;
    if (is_host_name(reading, reading->owner)) {
        if (reading->has_host) {
            return "more than one host is described";
        }
        reading->has_host = true;
        memcpy(srp->host, reading->owner, dns_name_len(reading->owner));
        return NULL;
    }
    if (!is_instance_name(reading, reading->owner)) {
        return "a name that is neither a host's nor a service instance's is deleted";
    }
    if (find_instance(srp, reading->owner)) {
        return "a service instance is described twice";
    }
    if (srp->instance_count == ZONE_SRP_INSTANCES) {
        return "too many service instances";
    }
    struct zone_srp_instance *instance = &srp->instances[srp->instance_count++];
    instance->has_srv = instance->has_txt = false;
    memcpy(instance->name, reading->owner, dns_name_len(reading->owner));
    return NULL;
}

static const char *take_key(struct reading *reading)
{
    struct dns_sig0_key key;
    if (!dns_sig0_key_read(reading->rdata, reading->rdata_len, &key)) {
        return "a KEY can not verify signatures";
    }
    if (is_host(reading)) {
        reading->keys++;
        reading->srp->key = key;
        return NULL;
    }
    return find_instance(reading->srp, reading->owner)
               ? NULL
               : "a KEY stands neither at the host nor at an instance";
}

static const char *take_add(struct reading *reading)
{
    struct zone_srp_instance *instance = find_instance(reading->srp, reading->owner);
    switch (reading->rr->type) {
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
        return is_host(reading) ? NULL : "an address is not the host's";
    case DNS_TYPE_KEY:
        return take_key(reading);
    case DNS_TYPE_PTR:
        return service_of(reading, reading->owner) ? NULL : "a PTR is not at a service";
    case DNS_TYPE_SRV:
        if (!instance || instance->has_srv) {
            return "a SRV is not the only one of an instance that was cleared before";
        }
        instance->has_srv = true;
        return NULL;
    case DNS_TYPE_TXT:
        if (!instance) {
            return "a TXT is not at an instance that was cleared before";
        }
        instance->has_txt = true;
        return NULL;
    }
    return "a type that does not belong to a registration";
}

static const char *take_record(struct reading *reading)
{
    const struct dns_rr *rr = reading->rr;
    if (!dns_name_is_in(reading->owner, reading->zone)) {
        return "a name is not in the zone";
    }
    switch (rr->dns_class) {
    case DNS_CLASS_ANY:
        return rr->type == DNS_TYPE_ANY && rr->ttl == 0 && rr->rdlen == 0
                   ? take_delete(reading)
                   : "an RRset is deleted alone";
    case DNS_CLASS_NONE:
        return rr->type == DNS_TYPE_PTR && rr->ttl == 0 && service_of(reading, reading->owner)
                   ? NULL
                   : "a record other than a PTR of a service is deleted alone";
    case DNS_CLASS_IN:
        return take_add(reading);
    }
    return "a class that updates do not have";
}

/* --- second walk: what points where ------------------------------------------------------------ */

/* Service discovery: to an instance of this service, of this message, in the same direction. */
static const char *check_pointer(struct reading *reading)
{
    const uint8_t *service = service_of(reading, reading->owner);
    const struct zone_srp_instance *instance = find_instance(reading->srp, reading->rdata);
    if (!instance || !dns_name_equal(dns_name_up(instance->name, 1), service)) {
        return "a PTR does not point to an instance that the message describes";
    }
    bool adds = reading->rr->dns_class == DNS_CLASS_IN;
    return adds == instance->has_srv
               ? NULL
               : "a PTR comes while its instance goes, or goes while its instance comes";
}

static const char *check_record(struct reading *reading)
{
    switch (reading->rr->type) {
    case DNS_TYPE_PTR:
        return check_pointer(reading);
    case DNS_TYPE_SRV:
        return dns_name_equal(reading->rdata + SRV_FIXED, reading->srp->host)
                   ? NULL
                   : "a SRV does not point to the host";
    case DNS_TYPE_KEY:
        return reading->rdata_len == reading->srp->key.len &&
                       memcmp(reading->rdata, reading->srp->key.rdata, reading->rdata_len) == 0
                   ? NULL
                   : "two different KEYs";
    }
    return NULL;
}

/* --- the message ------------------------------------------------------------------------------- */

static bool is_looked_at(const struct dns_rr *rr)
{
    return rr->type == DNS_TYPE_PTR || rr->type == DNS_TYPE_SRV || rr->type == DNS_TYPE_KEY;
}

static bool read_rdata(struct reading *reading, const struct rd *message)
{
    struct wr wr = wr_make(reading->rdata, sizeof(reading->rdata));
    bool bad = is_looked_at(reading->rr) && dns_read_rdata(message, reading->rr, &wr);
    reading->rdata_len = wr_len(&wr);
    return !bad;
}

/* Visit every record of the update section, until one has something to say. */
static const char *each(struct reading *reading, const uint8_t *data, size_t len,
                        const char *(*visit)(struct reading *reading),
                        struct dns_message *out_message)
{
    struct dns_rr rr;
    reading->rr = &rr;
    const char *why = NULL;
    dns_read_message(out_message, data, len);
    while (!why && dns_read_message_next(out_message, &rr)) {
        if (out_message->section != DNS_SECTION_AUTHORITY) {
            continue;
        }
        dns_name_lower(rr.name, rr.name_len, reading->owner);
        why = read_rdata(reading, &out_message->rd) ? visit(reading) : "malformed RDATA";
    }
    return why || out_message->rd.err == 0 ? why : "the message is malformed";
}

static const char *read_lease(const struct dns_message *message, struct zone_srp *srp)
{
    struct dns_edns_asked asked = {0};
    if (!message->has_opt || message->edns.version > 0 || dns_edns_scan(&message->edns, &asked) ||
        asked.lease_len == 0) {
        return "no Update Lease option";
    }
    srp->lease_s = asked.lease_s;
    srp->key_lease_s = asked.key_lease_s;
    return NULL;
}

static const char *check_instances(const struct zone_srp *srp)
{
    for (unsigned i = 0; i < srp->instance_count; i++) {
        if (srp->instances[i].has_srv != srp->instances[i].has_txt) {
            return "an instance has SRV or TXT, but not both";
        }
    }
    return NULL;
}

const char *zone_srp_read(const uint8_t *message, size_t len, const uint8_t *zone,
                          struct zone_srp *out_srp)
{
    struct reading reading = {.srp = out_srp, .zone = zone, .labels = dns_name_labels(zone)};
    struct dns_message walk;
    out_srp->instance_count = 0;
    dns_read_message(&walk, message, len);
    if (walk.rd.err || walk.header.count[DNS_SECTION_ANSWER] > 0) {
        return "it has prerequisites";
    }
    if (walk.header.count[DNS_SECTION_AUTHORITY] > ZONE_SRP_RECORDS) {
        return "too many records";
    }
    const char *why = each(&reading, message, len, take_record, &walk);
    why = why ? why : read_lease(&walk, out_srp);
    if (!why && (!reading.has_host || reading.keys != 1)) {
        why = "it does not describe a host with one KEY";
    }
    why = why ? why : check_instances(out_srp);
    return why ? why : each(&reading, message, len, check_record, &walk);
}

/* --- the zone ---------------------------------------------------------------------------------- */

static bool has_key(const struct zone_node *node, const struct dns_sig0_key *key)
{
    return zone_node_holds(node, DNS_TYPE_KEY, key->rdata, key->len);
}

/* An instance without a KEY of its own is its host's (RFC 9665: as if it had the host's KEY). */
static bool has_hosts_key(struct zone_edit *edit, const struct zone_node *node,
                          const struct dns_sig0_key *key)
{
    const struct zone_rrset *set = zone_node_find(node, DNS_TYPE_SRV);
    if (!set || set->count != 1 || zone_node_find(node, DNS_TYPE_KEY)) {
        return false;
    }
    uint8_t target[DNS_NAME_MAX];
    const uint8_t *name = zone_node_ready(node, set) + ZONE_RR_FIXED + SRV_FIXED;
    dns_name_lower(name, dns_name_len(name), target);
    return dns_name_is_in(target, zone_name(zone_edit_zone(edit))) &&
           has_key(zone_edit_get(edit, target), key);
}

const uint8_t *zone_srp_find_taken(const struct zone_srp *srp, struct zone_edit *edit)
{
    const struct zone_node *node = zone_edit_get(edit, srp->host);
    if (node && !has_key(node, &srp->key)) {
        return srp->host;
    }
    for (unsigned i = 0; i < srp->instance_count; i++) {
        const uint8_t *name = srp->instances[i].name;
        node = zone_edit_get(edit, name);
        if (node && !has_key(node, &srp->key) && !has_hosts_key(edit, node, &srp->key)) {
            return name;
        }
    }
    return NULL;
}

/* Loopback, link-local, unspecified, multicast: of no use to whoever looks the name up. */
static bool is_usable(const uint8_t *address, size_t len)
{
    if (len == 4) {
        return address[0] != 0 && address[0] != 127 && address[0] < 224 &&
               !(address[0] == 169 && address[1] == 254);
    }
    static const uint8_t low[10]; /* ::, ::1, and IPv4 inside IPv6 */
    return memcmp(address, low, sizeof(low)) != 0 && address[0] != 0xff &&
           !(address[0] == 0xfe && (address[1] & 0xc0) == 0x80);
}

/* Everything at a name, but its keys where they are kept. */
static void clear(struct zone_edit *edit, const uint8_t *owner, bool keep_key)
{
    uint16_t types[UINT8_MAX];
    const struct zone_node *node = zone_edit_get(edit, owner);
    unsigned count = node ? node->rrset_count : 0;
    for (unsigned i = 0; i < count; i++) {
        types[i] = zone_node_rrsets(node)[i].type;
    }
    for (unsigned i = 0; i < count; i++) {
        if (types[i] != DNS_TYPE_KEY || !keep_key) {
            zone_edit_set(edit, owner, types[i], 0, NULL, 0);
        }
    }
}

/* A record that the message has added, and that does not stay. */
static bool is_undone(const struct zone_srp *srp, const struct dns_rr *rr, const uint8_t *rdata,
                      size_t len)
{
    bool is_address = rr->type == DNS_TYPE_A || rr->type == DNS_TYPE_AAAA;
    return rr->dns_class == DNS_CLASS_IN && ((is_address && !is_usable(rdata, len)) ||
                                             (rr->type == DNS_TYPE_PTR && srp->lease_s == 0));
}

void zone_srp_settle(const struct zone_srp *srp, struct zone_edit *edit, const uint8_t *message,
                     size_t len)
{
    struct dns_message walk;
    struct dns_rr rr;
    uint8_t owner[DNS_NAME_MAX], rdata[RDATA_MAX];
    dns_read_message(&walk, message, len);
    while (dns_read_message_next(&walk, &rr)) {
        struct wr wr = wr_make(rdata, sizeof(rdata));
        if (walk.section == DNS_SECTION_AUTHORITY && rr.type != DNS_TYPE_TXT && rr.rdlen > 0 &&
            dns_read_rdata(&walk.rd, &rr, &wr) == 0 && is_undone(srp, &rr, rdata, wr_len(&wr))) {
            dns_name_lower(rr.name, rr.name_len, owner);
            zone_edit_remove(edit, owner, rr.type, rdata, wr_len(&wr));
        }
    }
    if (srp->lease_s > 0) {
        return;
    }
    clear(edit, srp->host, srp->key_lease_s > 0);
    for (unsigned i = 0; i < srp->instance_count; i++) {
        clear(edit, srp->instances[i].name, srp->key_lease_s > 0);
    }
}
