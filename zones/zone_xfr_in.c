#include "zones/zone_xfr_in.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"
#include "zones/zone_copy.h"
#include "zones/dns_serial.h"

enum {
    RECORD_COST = 96,      /* octets of memory that a record takes besides its own, about */
    FIXED = 2 + 4 + 1 + 2, /* octets of a gathered change besides owner and RDATA */
    SOA_MAX = 2 * DNS_NAME_MAX + 20,
};

/* What the next record is about. */
enum step {
    BEGIN,    /* the first SOA is to come */
    SECOND,   /* it came; the second record decides the form */
    WHOLE,    /* records of the zone, until the SOA comes again */
    DELETING, /* a difference sequence's first half */
    ADDING,   /* its second half */
    DONE,
};

struct zone_xfr_in {
    uint8_t name[DNS_NAME_MAX];
    uint16_t type, id;
    uint32_t asked_serial;
    struct hash_key key;
    uint64_t octets_max, cost;
    struct zone_xfr_in_facts facts;
    enum step step;
    uint8_t soa[SOA_MAX]; /* the first one's RDATA */
    size_t soa_len;
    uint32_t soa_ttl_s;
    uint32_t sequence_serial; /* that the present difference sequence leads to */
    struct zone_edit *edit;   /* of the zone that is gathered */
    struct zone *zone;
    uint8_t *changes; /* type, TTL, is-addition, owner length, owner, RDATA length, RDATA */
    size_t changes_len, changes_room;
    uint8_t rdata[DNS_RDATA_MAX]; /* of the record under way */
};

/* One record of the answer. */
struct record {
    uint8_t owner[DNS_NAME_MAX];
    size_t owner_len;
    uint16_t type;
    uint32_t ttl_s;
    const uint8_t *rdata;
    size_t len;
    uint32_t serial; /* of a SOA */
};

struct zone_xfr_in *zone_xfr_in_create(const struct zone_xfr_in_ask *ask)
{
    struct zone_xfr_in *xfr = mem_alloc(sizeof(*xfr));
    dns_name_lower(ask->name, dns_name_len(ask->name), xfr->name);
    xfr->key = *ask->key;
    xfr->type = ask->type;
    xfr->id = ask->id;
    xfr->asked_serial = ask->serial;
    xfr->octets_max = ask->octets_max;
    return xfr;
}

void zone_xfr_in_destroy(struct zone_xfr_in *xfr)
{
    if (xfr) {
        zone_edit_abort(xfr->edit);
        zone_unref(xfr->zone);
        mem_free(xfr->changes);
        mem_free(xfr);
    }
}

const struct zone_xfr_in_facts *zone_xfr_in_facts(const struct zone_xfr_in *xfr)
{
    return &xfr->facts;
}

struct zone *zone_xfr_in_take_zone(struct zone_xfr_in *xfr)
{
    struct zone *zone = xfr->facts.is_whole ? xfr->zone : NULL;
    xfr->zone = zone ? NULL : xfr->zone;
    return zone;
}

/* --- a zone as a whole ---------------------------------------------------------------------------- */

static int add_record(struct zone_xfr_in *xfr, const struct record *record)
{
    int err = zone_copy_add(xfr->edit, record->owner, record->type, record->ttl_s, record->rdata,
                            record->len);
    if (err == ERR_EXISTS) { /* RFC 5936 2.2: a repeated record says nothing */
        const struct dns_type_row *row = dns_type_find(record->type);
        xfr->facts.dropped += row && (row->flags & DNS_TYPE_ONE) ? 1 : 0;
        err = 0;
    }
    return err;
}

static int begin_whole(struct zone_xfr_in *xfr)
{
    static const struct zone_edit_limits limits = {UINT16_MAX, UINT8_MAX, 0};
    xfr->facts.form = ZONE_XFR_IN_WHOLE;
    xfr->step = WHOLE;
    xfr->zone = zone_create(xfr->name, &xfr->key);
    xfr->edit = zone_edit_begin(xfr->zone, &limits);
    return zone_copy_add(xfr->edit, xfr->name, DNS_TYPE_SOA, xfr->soa_ttl_s, xfr->soa,
                         xfr->soa_len);
}

static void end(struct zone_xfr_in *xfr)
{
    if (xfr->edit) {
        zone_edit_commit(xfr->edit);
        xfr->edit = NULL;
    }
    xfr->step = DONE;
    xfr->facts.is_whole = true;
}

/* RFC 5936 2.2: the last record is the first one again. */
static int take_whole(struct zone_xfr_in *xfr, const struct record *record)
{
    if (record->type != DNS_TYPE_SOA) {
        return add_record(xfr, record);
    }
    if (record->len != xfr->soa_len ||
        dns_rdata_compare(DNS_TYPE_SOA, record->rdata, record->len, xfr->soa, xfr->soa_len) != 0) {
        return ERR_ZONE_SOA; /* the zone changed meanwhile, or this is no transfer of one version */
    }
    end(xfr);
    return 0;
}

/* --- changes -------------------------------------------------------------------------------------- */

static void gather(struct zone_xfr_in *xfr, const struct record *record)
{
    size_t len = FIXED + 1 + record->owner_len + record->len;
    if (xfr->changes_room - xfr->changes_len < len) {
        size_t room = xfr->changes_room + xfr->changes_room / 2 + len + 4096;
        xfr->changes = mem_grow(xfr->changes, room, 1);
        xfr->changes_room = room;
    }
    struct wr wr = wr_make(xfr->changes + xfr->changes_len, len);
    wr_u16(&wr, record->type);
    wr_u32(&wr, record->ttl_s);
    wr_u8(&wr, xfr->step == ADDING);
    wr_u8(&wr, (unsigned)record->owner_len);
    wr_bytes(&wr, record->owner, record->owner_len);
    wr_u16(&wr, (unsigned)record->len);
    wr_bytes(&wr, record->rdata, record->len);
    xfr->changes_len += len;
}

static int begin_changes(struct zone_xfr_in *xfr, const struct record *record)
{
    xfr->facts.form = ZONE_XFR_IN_CHANGES;
    xfr->step = DELETING;
    gather(xfr, record);
    return 0;
}

/* RFC 1995 4: deletions, the SOA that they lead to, additions; then the next sequence from that SOA
 * on, or the newest SOA once more. */
static int take_changes(struct zone_xfr_in *xfr, const struct record *record)
{
    if (record->type != DNS_TYPE_SOA) {
        gather(xfr, record);
        return 0;
    }
    if (xfr->step == DELETING) {
        xfr->step = ADDING;
        xfr->sequence_serial = record->serial;
        gather(xfr, record);
        return 0;
    }
    if (record->serial != xfr->sequence_serial) {
        return ERR_ZONE_SOA;
    }
    if (record->serial == xfr->facts.serial) {
        end(xfr);
        return 0;
    }
    xfr->step = DELETING;
    gather(xfr, record);
    return 0;
}

static bool next_change(struct rd *rd, struct record *out, bool *out_is_addition)
{
    out->type = rd_u16(rd);
    out->ttl_s = rd_u32(rd);
    *out_is_addition = rd_u8(rd) != 0;
    out->owner_len = rd_u8(rd);
    rd_bytes(rd, out->owner, out->owner_len);
    out->len = rd_u16(rd);
    out->rdata = rd_take(rd, out->len);
    return !rd->err;
}

static uint32_t serial_of(const uint8_t *rdata, size_t len)
{
    struct dns_soa soa;
    return dns_rdata_soa(rdata, len, &soa) ? 0 : soa.serial;
}

/* The zone stands where a sequence begins. */
static bool is_at(struct zone_edit *edit, const uint8_t *name, const struct record *soa)
{
    const struct zone_node *apex = zone_edit_get(edit, name);
    const struct zone_rrset *set = apex ? zone_node_find(apex, DNS_TYPE_SOA) : NULL;
    return set && serial_of(zone_node_ready(apex, set) + ZONE_RR_FIXED,
                            set->size - (size_t)ZONE_RR_FIXED) == serial_of(soa->rdata, soa->len);
}

static int set_soa(struct zone_edit *edit, const struct record *soa)
{
    uint8_t ready[ZONE_RR_FIXED + SOA_MAX];
    zone_node_write_rr(ready, DNS_TYPE_SOA, soa->ttl_s, soa->rdata, soa->len);
    return zone_edit_set(edit, soa->owner, DNS_TYPE_SOA, 1, ready, ZONE_RR_FIXED + soa->len);
}

static int apply_change(const struct zone_xfr_in *xfr, struct zone_edit *edit,
                        const struct record *record, bool is_addition)
{
    if (record->type == DNS_TYPE_SOA && is_addition) {
        return set_soa(edit, record);
    }
    if (record->type == DNS_TYPE_SOA) {
        return is_at(edit, xfr->name, record) ? 0 : ERR_ZONE_SOA;
    }
    if (is_addition) {
        return zone_copy_add(edit, record->owner, record->type, record->ttl_s, record->rdata,
                             record->len);
    }
    bool was_there =
        zone_edit_remove(edit, record->owner, record->type, record->rdata, record->len);
    return was_there ? 0 : ERR_MISSING;
}

int zone_xfr_in_apply(const struct zone_xfr_in *xfr, struct zone_edit *edit)
{
    struct rd rd = rd_make(xfr->changes, xfr->changes_len);
    struct record record;
    bool is_addition;
    int err = 0;
    while (!err && rd_left(&rd) > 0 && next_change(&rd, &record, &is_addition)) {
        err = apply_change(xfr, edit, &record, is_addition);
    }
    return err;
}

/* --- messages ------------------------------------------------------------------------------------- */

static int take_first(struct zone_xfr_in *xfr, const struct record *record)
{
    if (record->type != DNS_TYPE_SOA) {
        return ERR_ZONE_SOA;
    }
    memcpy(xfr->soa, record->rdata, record->len);
    xfr->soa_len = record->len;
    xfr->soa_ttl_s = record->ttl_s;
    xfr->facts.serial = record->serial;
    xfr->step = SECOND;
    return 0;
}

/* RFC 1995 4: a SOA with our serial begins changes; any other record, the first SOA again included, is
 * one of a whole zone. */
static int take_second(struct zone_xfr_in *xfr, const struct record *record)
{
    if (xfr->type == DNS_TYPE_IXFR && record->type == DNS_TYPE_SOA &&
        record->serial != xfr->facts.serial) {
        return record->serial == xfr->asked_serial ? begin_changes(xfr, record) : ERR_ZONE_SOA;
    }
    int err = begin_whole(xfr);
    return err ? err : take_whole(xfr, record);
}

static int take_record(struct zone_xfr_in *xfr, const struct record *record)
{
    switch (xfr->step) {
    case BEGIN:
        return take_first(xfr, record);
    case SECOND:
        return take_second(xfr, record);
    case WHOLE:
        return take_whole(xfr, record);
    case DELETING:
    case ADDING:
        return take_changes(xfr, record);
    case DONE:
        break;
    }
    return ERR_TRAILING;
}

/* A record of the answer section as it came: checked, counted, and taken unless it is dropped. */
static int read_record(struct zone_xfr_in *xfr, const struct rd *message, const struct dns_rr *rr)
{
    struct wr wr = wr_make(xfr->rdata, sizeof(xfr->rdata));
    struct record record = {
        .owner_len = rr->name_len, .type = rr->type, .ttl_s = dns_read_ttl(rr->ttl)};
    if (rr->dns_class != DNS_CLASS_IN || dns_type_is_meta(rr->type)) {
        return ERR_TYPE;
    }
    int err = dns_read_rdata(message, rr, &wr);
    if (err) {
        return err;
    }
    dns_name_lower(rr->name, rr->name_len, record.owner);
    record.rdata = xfr->rdata;
    record.len = wr_len(&wr);
    xfr->facts.records++;
    xfr->cost += RECORD_COST + record.owner_len + record.len;
    if (xfr->cost > xfr->octets_max) {
        return ERR_LIMIT;
    }
    if (!dns_name_is_in(record.owner, xfr->name)) { /* RFC 5936 3: not the zone's to say */
        xfr->facts.dropped++;
        return xfr->step == BEGIN ? ERR_ZONE_SOA : xfr->step == DONE ? ERR_TRAILING : 0;
    }
    if (rr->type == DNS_TYPE_SOA) {
        record.serial = serial_of(record.rdata, record.len);
        if (!dns_name_equal(record.owner, xfr->name)) {
            return ERR_ZONE_SOA;
        }
    }
    return take_record(xfr, &record);
}

/* Later messages may do without a question (RFC 5936 2.2.1), and some servers' first one does. */
static int check_head(struct zone_xfr_in *xfr, struct dns_message *message)
{
    const struct dns_header *header = &message->header;
    struct dns_question question;
    if (header->id != xfr->id || !(header->flags & DNS_FLAG_QR) ||
        dns_read_opcode(header->flags) != DNS_OPCODE_QUERY) {
        return ERR_VALUE;
    }
    if ((header->flags & 0xf) != DNS_RCODE_NOERROR) {
        xfr->facts.rcode = header->flags & 0xf;
        return ERR_DENIED;
    }
    if (header->count[DNS_SECTION_QUESTION] > 1 || header->count[DNS_SECTION_ANSWER] == 0) {
        return ERR_VALUE;
    }
    if (dns_read_message_question(message, &question) &&
        (question.type != xfr->type || question.dns_class != DNS_CLASS_IN ||
         !dns_name_equal(question.name, xfr->name))) {
        return ERR_VALUE;
    }
    return message->rd.err;
}

int zone_xfr_in_take(struct zone_xfr_in *xfr, const uint8_t *data, size_t len)
{
    struct dns_message message;
    struct dns_rr rr;
    int err = dns_read_message(&message, data, len);
    err = err ? err : check_head(xfr, &message);
    unsigned answers = err ? 0 : message.header.count[DNS_SECTION_ANSWER];
    bool is_first = xfr->step == BEGIN;
    while (!err && dns_read_message_next(&message, &rr)) {
        if (message.section == DNS_SECTION_ANSWER) {
            err = read_record(xfr, &message.rd, &rr);
        }
    }
    err = err ? err : message.rd.err;
    if (err) {
        return err;
    }
    xfr->facts.octets += len;
    xfr->facts.has_expire |= dns_edns_read_expire(&message.edns, &xfr->facts.expire_s);
    if (is_first && answers == 1 && xfr->type == DNS_TYPE_IXFR &&
        !dns_serial_is_after(xfr->facts.serial, xfr->asked_serial)) { /* RFC 1995 4 */
        xfr->facts.form = ZONE_XFR_IN_SAME;
        end(xfr);
    }
    return 0;
}
