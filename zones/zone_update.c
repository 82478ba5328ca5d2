#include "zones/zone_update.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "zones/cres.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"
#include "zones/zone_index_set.h"
#include "zones/zone_limit.h"
#include "zones/zone_update_rule.h"
#include "zones/zone_update_sets.h"
#include "zones/dns_serial.h"

enum { PREREQUISITES_MAX = 1 << 20 }; /* octets of records of value-dependent prerequisites */

/* One record of the message, in stored form. */
struct record {
    enum dns_section section;
    uint8_t owner[DNS_NAME_MAX];
    uint16_t type, dns_class;
    uint32_t ttl_s;
    size_t len;
    uint8_t *rdata; /* the caller's scratch: DNS_RDATA_MAX octets, and as many behind them */
};

/* A message under way; its steps are zone_update_apply's calls in order. */
struct update {
    struct zone_edit *edit;
    const uint8_t *message;
    size_t len;
    const uint8_t *zone_name;
    const struct zone_update_options *options;
    struct zone_update_result *result;
    struct record record;           /* the one that is looked at now */
    struct zone_update_sets sets;   /* value-dependent prerequisites */
    struct zone_edit_limits limits; /* of the result */
    uint8_t checked[DNS_NAME_MAX];  /* owner that check_result saw last */
    bool has_checked;
    uint8_t limited[DNS_NAME_MAX]; /* owner that check_limits saw last */
    bool has_limited;
};

static bool fail(struct update *update, unsigned rcode)
{
    update->result->rcode = (uint16_t)rcode;
    return false;
}

/* Refuse with a text that names the record. */
static bool explain(struct update *update, unsigned rcode, unsigned ede, const char *text)
{
    char owner[DNS_NAME_TEXT_MAX], type[16];
    dns_name_print(update->record.owner, owner);
    dns_type_print(update->record.type, type);
    snprintf(update->result->text, ZONE_UPDATE_TEXT, "%.60s %s: %.80s", owner, type, text);
    update->result->ede = (uint16_t)ede;
    return fail(update, rcode);
}

uint16_t zone_update_zone(const uint8_t *message, size_t len, uint8_t *out_name)
{
    struct rd rd = rd_make(message, len);
    struct dns_header header;
    struct dns_question zone;
    if (dns_read_header(&rd, &header) || header.count[DNS_SECTION_QUESTION] != 1 ||
        dns_read_question(&rd, &zone) || zone.type != DNS_TYPE_SOA) {
        return DNS_RCODE_FORMERR;
    }
    dns_name_lower(zone.name, zone.name_len, out_name);
    return zone.dns_class == DNS_CLASS_IN ? DNS_RCODE_NOERROR : DNS_RCODE_NOTAUTH;
}

/* RFC 2136 2.4 and 2.5: forms that name a set or a name, not a record. */
static bool is_bare(const struct record *record)
{
    return record->dns_class == DNS_CLASS_ANY ||
           (record->dns_class == DNS_CLASS_NONE && record->section == DNS_SECTION_ANSWER);
}

/* RDATA in stored form, checked also when it is empty; records of our types in their canonical form,
 * so that equal ones are equal octets. */
static int read_rdata(struct record *record, const struct rd *message, const struct dns_rr *rr)
{
    struct wr wr = wr_make(record->rdata, DNS_RDATA_MAX);
    int err = rr->rdlen == 0 && is_bare(record) ? 0 : dns_read_rdata(message, rr, &wr);
    record->len = wr_len(&wr);
    if (err || record->len == 0 || record->type < DNS_TYPE_CENTRE || record->type > DNS_TYPE_CPOL) {
        return err;
    }
    uint8_t *canonical = record->rdata + DNS_RDATA_MAX;
    wr = wr_make(canonical, DNS_RDATA_MAX);
    if (cres_canonical(record->type, record->rdata, record->len, &wr) == 0) {
        record->len = wr_len(&wr); /* malformed ones keep their form, for the checks to come */
        memcpy(record->rdata, canonical, record->len);
    }
    return 0;
}

/* Call visit for every record from one section to another, in message order; stops when it returns
 * false. */
static bool each(struct update *update, enum dns_section first, enum dns_section last,
                 bool (*visit)(struct update *update))
{
    struct dns_message message;
    struct dns_rr rr;
    dns_read_message(&message, update->message, update->len);
    while (dns_read_message_next(&message, &rr)) {
        struct record *record = &update->record;
        record->section = message.section;
        if (record->section < first || record->section > last) {
            continue;
        }
        dns_name_lower(rr.name, rr.name_len, record->owner);
        record->type = rr.type;
        record->dns_class = rr.dns_class;
        record->ttl_s = rr.ttl;
        if (read_rdata(record, &message.rd, &rr)) {
            return explain(update, DNS_RCODE_FORMERR, DNS_EDE_INVALID_DATA, "malformed RDATA");
        }
        if (!visit(update)) {
            return false;
        }
    }
    return message.rd.err ? fail(update, DNS_RCODE_FORMERR) : true;
}

/* The whole message can be read, before anything is looked up. */
static bool is_read(struct update *update)
{
    (void)update;
    return true;
}

static bool is_in_zone(struct update *update)
{
    return dns_name_is_in(update->record.owner, update->zone_name) ||
           explain(update, DNS_RCODE_NOTZONE, DNS_EDE_NONE, "not in the zone");
}

/* Never zone data; SIG and NXT once were. */
static bool is_meta(uint16_t type)
{
    return dns_type_is_meta(type) && !zone_update_rule_is_signing(type);
}

static const struct zone_rrset *find_set(const struct zone_node *node, uint16_t type)
{
    return node ? zone_node_find(node, type) : NULL;
}

/* RFC 2136 3.2.4: a name is in use when it owns a record, other than what signing made. */
static bool is_in_use(const struct zone_node *node)
{
    for (unsigned i = 0; node && i < node->rrset_count; i++) {
        if (!zone_update_rule_is_signing(zone_node_rrsets(node)[i].type)) {
            return true;
        }
    }
    return false;
}

static bool keep_record(struct update *update)
{
    const struct record *record = &update->record;
    return zone_update_sets_add(&update->sets, record->owner, record->type, record->rdata,
                                record->len) ||
           explain(update, DNS_RCODE_REFUSED, DNS_EDE_OVER_QUOTA, "too many prerequisites");
}

/* RFC 2136 3.2.5: one prerequisite; sets with values are gathered and compared at the end. */
static bool prerequisite(struct update *update)
{
    const struct record *record = &update->record;
    if (record->ttl_s != 0) {
        return fail(update, DNS_RCODE_FORMERR);
    }
    if (!is_in_zone(update)) {
        return false;
    }
    bool is_any = record->type == DNS_TYPE_ANY;
    if ((is_meta(record->type) && !is_any) ||
        (record->dns_class != DNS_CLASS_IN && record->len > 0)) {
        return fail(update, DNS_RCODE_FORMERR);
    }
    const struct zone_node *node = zone_edit_get(update->edit, record->owner);
    bool exists = is_any
                      ? is_in_use(node)
                      : find_set(node, record->type) && !zone_update_rule_is_signing(record->type);
    switch (record->dns_class) {
    case DNS_CLASS_ANY:
        return exists || fail(update, is_any ? DNS_RCODE_NXDOMAIN : DNS_RCODE_NXRRSET);
    case DNS_CLASS_NONE:
        return !exists || fail(update, is_any ? DNS_RCODE_YXDOMAIN : DNS_RCODE_YXRRSET);
    case DNS_CLASS_IN:
        return is_any ? fail(update, DNS_RCODE_FORMERR) : keep_record(update);
    }
    return fail(update, DNS_RCODE_FORMERR);
}

static bool check_sets(struct update *update)
{
    return zone_update_sets_hold(&update->sets, update->edit) || fail(update, DNS_RCODE_NXRRSET);
}

/* RFC 2136 3.4.1.3: is the combination of class, type, TTL and RDATA one of the four forms? */
static bool is_well_formed(const struct record *record)
{
    switch (record->dns_class) {
    case DNS_CLASS_IN:
        return !is_meta(record->type);
    case DNS_CLASS_ANY:
        return record->ttl_s == 0 && record->len == 0 &&
               (!is_meta(record->type) || record->type == DNS_TYPE_ANY);
    case DNS_CLASS_NONE:
        return record->ttl_s == 0 && !is_meta(record->type);
    }
    return false;
}

/* A malformed record is FORMERR, an impossible one REFUSED. */
static bool check_record(struct update *update)
{
    const struct record *record = &update->record;
    struct err_at at = {.text = ""};
    int err = record->dns_class == DNS_CLASS_IN
                  ? zone_update_rule_record(update->edit, record->owner, record->type,
                                            record->rdata, record->len, update->options->now_s, &at)
                  : 0;
    bool impossible = err == ERR_ATTR_PLACE || err == ERR_ATTR_CROSS;
    return !err || explain(update, impossible ? DNS_RCODE_REFUSED : DNS_RCODE_FORMERR,
                           DNS_EDE_INVALID_DATA, at.text);
}

static bool check_owned(struct update *update)
{
    const char *owned = zone_update_rule_owned(update->edit, update->record.owner,
                                               update->record.type, update->options->has_index);
    bool is_added = update->record.dns_class == DNS_CLASS_IN; /* what is there from before may go */
    if (!owned && is_added && update->options->has_find &&
        zone_index_set_is_computed(update->zone_name, update->record.owner)) {
        owned = "the server computes what this name answers";
    }
    return !owned || explain(update, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED, owned);
}

/* What a higher floor knows of a record that is added. */
static bool check_sense(struct update *update)
{
    const struct zone_update_options *options = update->options;
    const struct record *record = &update->record;
    char why[ZONE_UPDATE_TEXT] = "";
    return record->dns_class != DNS_CLASS_IN || !options->judge ||
           options->judge(options->judge_context, record->type, record->rdata, record->len, why) ||
           explain(update, DNS_RCODE_REFUSED, DNS_EDE_INVALID_DATA, why);
}

static bool prescan(struct update *update)
{
    const struct record *record = &update->record;
    char why[ZONE_UPDATE_TEXT] = "";
    if (!is_in_zone(update)) {
        return false;
    }
    if (!is_well_formed(record)) {
        return explain(update, DNS_RCODE_FORMERR, DNS_EDE_NONE, "no form of an update");
    }
    if (!check_owned(update)) {
        return false;
    }
    struct zone_update_record asked = {record->owner, record->type,
                                       record->dns_class != DNS_CLASS_IN};
    uint16_t ede = DNS_EDE_PROHIBITED;
    if (!update->options->permit(update->options->context, &asked, &ede, why)) {
        return explain(update, DNS_RCODE_REFUSED, ede, why);
    }
    return check_record(update) && check_sense(update);
}

/* RFC 2136 3.4.2.2: a SOA that does not raise the serial, or is not at the apex, is passed over. */
static bool is_soa_wanted(struct update *update)
{
    const struct record *record = &update->record;
    const struct zone_node *apex = zone_edit_get(update->edit, update->zone_name);
    struct dns_soa new, old;
    return dns_name_equal(record->owner, update->zone_name) &&
           dns_rdata_soa(record->rdata, record->len, &new) == 0 && zone_node_soa(apex, &old) &&
           dns_serial_is_after(new.serial, old.serial);
}

static bool add(struct update *update)
{
    struct record *record = &update->record;
    if (record->type == DNS_TYPE_SOA) {
        if (!is_soa_wanted(update)) {
            return true;
        }
        update->result->has_soa = true;
    }
    uint32_t ttl_s = dns_read_ttl(record->ttl_s), most_s = update->options->ttl_max_s;
    ttl_s = most_s > 0 && ttl_s > most_s ? most_s : ttl_s;
    int err =
        zone_edit_add(update->edit, record->owner, record->type, ttl_s, record->rdata, record->len);
    if (err && err != ERR_ZONE_CNAME) { /* RFC 2136 3.4.2.2: beside a CNAME: passed over */
        return explain(update, DNS_RCODE_REFUSED, DNS_EDE_OVER_QUOTA, err_text(err));
    }
    if (!err && update->options->added) {
        struct zone_update_record added = {record->owner, record->type, false};
        update->options->added(update->options->added_context, &added, record->rdata, record->len);
    }
    return true;
}

/* RFC 2136 3.4.2.3: SOA and NS stay at the apex; what signing made is the server's. */
static bool may_go(const struct update *update, uint16_t type)
{
    bool is_apex = dns_name_equal(update->record.owner, update->zone_name);
    return !(is_apex && (type == DNS_TYPE_SOA || type == DNS_TYPE_NS)) &&
           !zone_update_rule_is_signing(type);
}

static void delete_set(struct update *update, uint16_t type)
{
    if (may_go(update, type)) {
        zone_edit_set(update->edit, update->record.owner, type, 0, NULL, 0);
    }
}

static void delete_name(struct update *update)
{
    const struct zone_node *node = zone_edit_get(update->edit, update->record.owner);
    uint16_t types[UINT8_MAX];
    unsigned count = node ? node->rrset_count : 0;
    for (unsigned i = 0; i < count; i++) {
        types[i] = zone_node_rrsets(node)[i].type;
    }
    for (unsigned i = 0; i < count; i++) {
        delete_set(update, types[i]);
    }
}

/* RFC 2136 3.4.2.4: never the SOA, never the last NS of the apex. */
static void delete_record(struct update *update)
{
    const struct record *record = &update->record;
    const struct zone_node *node = zone_edit_get(update->edit, record->owner);
    const struct zone_rrset *set = find_set(node, record->type);
    bool is_last = set && set->count == 1;
    if (record->type == DNS_TYPE_SOA || (is_last && !may_go(update, record->type))) {
        return;
    }
    zone_edit_remove(update->edit, record->owner, record->type, record->rdata, record->len);
}

static bool apply(struct update *update)
{
    const struct record *record = &update->record;
    if (record->dns_class == DNS_CLASS_IN) {
        return add(update);
    }
    if (record->dns_class == DNS_CLASS_NONE) {
        delete_record(update);
    } else if (record->type == DNS_TYPE_ANY) {
        delete_name(update);
    } else {
        delete_set(update, record->type);
    }
    return true;
}

/* Only the result counts: what the message adds may stand beside what it deletes later (threats row 4). A
 * message that deletes makes nothing worse. */
static bool check_limits(struct update *update, const struct zone_edit_limits *limits)
{
    const struct record *record = &update->record;
    char why[ZONE_UPDATE_TEXT];
    if (record->dns_class != DNS_CLASS_IN ||
        (update->has_limited && dns_name_equal(update->limited, record->owner))) {
        return true;
    }
    update->has_limited = true;
    memcpy(update->limited, record->owner, dns_name_len(record->owner));
    return zone_limit_holds(zone_edit_get(update->edit, record->owner), limits, why, sizeof(why)) ||
           explain(update, DNS_RCODE_REFUSED, DNS_EDE_OVER_QUOTA, why);
}

/* What has become of the names that the message touches. */
static bool check_result(struct update *update)
{
    const struct record *record = &update->record;
    if (!check_limits(update, &update->limits)) {
        return false;
    }
    if (record->type == DNS_TYPE_TXT && record->dns_class == DNS_CLASS_IN) {
        return check_owned(update); /* the centre may have come with the message */
    }
    if (record->type != DNS_TYPE_CRES && record->type != DNS_TYPE_CLOAD) {
        return true;
    }
    if (update->has_checked && dns_name_equal(update->checked, record->owner)) {
        return true;
    }
    update->has_checked = true;
    memcpy(update->checked, record->owner, dns_name_len(record->owner));
    struct err_at at = {.text = ""};
    return !zone_update_rule_name(update->edit, record->owner, &at) ||
           explain(update, DNS_RCODE_REFUSED, DNS_EDE_INVALID_DATA, at.text);
}

void zone_update_apply(struct zone_edit *edit, const uint8_t *message, size_t len,
                       const struct zone_update_options *options,
                       struct zone_update_result *out_result)
{
    struct update update = {
        .edit = edit,
        .message = message,
        .len = len,
        .zone_name = zone_name(zone_edit_zone(edit)),
        .options = options,
        .result = out_result,
    };
    *out_result = (struct zone_update_result){.rcode = DNS_RCODE_NOERROR, .ede = DNS_EDE_NONE};
    update.record.rdata = options->scratch;
    zone_update_sets_init(&update.sets, PREREQUISITES_MAX);
    static const struct zone_edit_limits wide = {UINT16_MAX, UINT8_MAX, 0};
    update.limits = zone_edit_swap_limits(edit, &wide);
    const enum dns_section needed = DNS_SECTION_ANSWER, changes = DNS_SECTION_AUTHORITY;
    bool ok = each(&update, needed, changes, is_read) &&
              each(&update, needed, needed, prerequisite) && check_sets(&update) &&
              each(&update, changes, changes, prescan) && each(&update, changes, changes, apply) &&
              each(&update, changes, changes, check_result);
    (void)ok; /* the result says it */
    zone_edit_swap_limits(edit, &update.limits);
    zone_update_sets_finish(&update.sets);
}
