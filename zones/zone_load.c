#include "zones/zone_load.h"

#include <string.h>

#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_file.h"
#include "zones/zone_index_set.h"
#include "zones/zone_update_rule.h"

/* A load under way. */
struct load {
    const struct zone_load_options *options;
    const uint8_t *name;
    const char *path;
    struct zone_edit *edit;
    bool has_find; /* names below `find` are computed */
    int err;       /* first */
    unsigned told; /* errors of names */
};

static void tell(void *context, const struct err_at *at)
{
    struct load *load = context;
    load->err = load->err ? load->err : ERR_SYNTAX;
    load->options->on_error(load->options->context, at);
}

/* An error of the zone as a whole or of one name: no line. */
static int tell_name(struct load *load, int err, const uint8_t *owner, const char *text)
{
    char name[DNS_NAME_TEXT_MAX];
    struct err_at at = {.file = load->path};
    dns_name_print(owner, name);
    load->err = load->err ? load->err : err;
    (void)err_at_set(&at, err, 0, 0, "%.120s: %s", name, text);
    load->options->on_error(load->options->context, &at);
    return err;
}

/* A second SOA or CNAME would silently replace the first. */
static int check_one(struct load *load, const struct zone_text_record *record, const uint8_t *owner,
                     unsigned line, struct err_at *at)
{
    const struct dns_type_row *row = dns_type_find(record->type);
    if (record->type == DNS_TYPE_SOA && !dns_name_equal(owner, load->name)) {
        return err_at_set(at, ERR_ZONE_SOA, line, 0, "SOA below the apex of the zone");
    }
    const struct zone_node *node =
        row && (row->flags & DNS_TYPE_ONE) ? zone_edit_get(load->edit, owner) : NULL;
    const struct zone_rrset *set = node ? zone_node_find(node, record->type) : NULL;
    bool is_same =
        set && set->size == ZONE_RR_FIXED + record->len &&
        memcmp(zone_node_ready(node, set) + ZONE_RR_FIXED, record->rdata, record->len) == 0;
    if (set && !is_same) {
        return err_at_set(at, ERR_EXISTS, line, 0, "a second %s at a name that may have one",
                          row->name);
    }
    return 0;
}

static int on_record(void *context, const struct zone_text_record *record, unsigned line,
                     struct err_at *at)
{
    struct load *load = context;
    uint8_t owner[DNS_NAME_MAX];
    dns_name_lower(record->owner, dns_name_len(record->owner), owner);
    load->has_find |= load->options->chooses && record->type == DNS_TYPE_CENTRE;
    if (load->options->index && zone_index_is_name(load->name, owner)) {
        bool is_written = record->type == DNS_TYPE_PTR || record->type == DNS_TYPE_TXT;
        return is_written
                   ? 0 /* docs/records.md: the server writes these itself */
                   : err_at_set(at, ERR_ZONE_OWNED, line, 0, "the server alone writes this name");
    }
    int err = check_one(load, record, owner, line, at);
    if (!err) {
        err = zone_edit_add(load->edit, owner, record->type, record->ttl_s, record->rdata,
                            record->len);
    }
    load->err = load->err ? load->err : err;
    return err;
}

/* A name as a whole: its records against each other, and itself against what the zone has become. */
static int check_node(void *context, const struct zone_edit_change *change)
{
    struct load *load = context;
    const struct zone_node *node = change->new_node;
    struct err_at at = {.text = ""};
    if (node && zone_node_find(node, DNS_TYPE_CLOAD)) {
        int err = zone_update_rule_name(load->edit, node->owner, &at);
        load->told += err ? 1 : 0;
        (void)(err && tell_name(load, err, node->owner, at.text));
    }
    if (node && node->rrset_count > 0 && load->has_find &&
        zone_index_set_is_computed(load->name, node->owner)) {
        tell_name(load, ERR_ZONE_OWNED, node->owner, "the server computes what this name answers");
        load->told++;
    }
    return load->told >= ZONE_FILE_ERRORS_MAX;
}

static void check_apex(struct load *load)
{
    const struct zone_node *apex = zone_edit_get(load->edit, load->name);
    if (!apex || !zone_node_find(apex, DNS_TYPE_SOA)) {
        tell_name(load, ERR_ZONE_SOA, load->name, "no SOA at the apex of the zone");
    } else if (!zone_node_find(apex, DNS_TYPE_NS)) {
        tell_name(load, ERR_MISSING, load->name, "no NS at the apex of the zone");
    }
}

int zone_load(const char *path, const uint8_t *name, const struct zone_load_options *options,
              struct zone **out_zone)
{
    struct zone *zone = zone_create(name, options->key);
    struct load load = {.options = options,
                        .name = zone_name(zone),
                        .path = path,
                        .edit = zone_edit_begin(zone, &options->limits),
                        .has_find = options->index};
    struct zone_file_options file = {.origin = zone_name(zone),
                                     .octets_max = options->size_max,
                                     .records_max = UINT64_MAX,
                                     .includes = true};
    struct zone_file_sink sink = {&load, on_record, tell};
    unsigned errors = zone_file_read(path, &file, &sink);
    if (errors == 0) {
        check_apex(&load);
        zone_edit_each(load.edit, check_node, &load);
    }
    if (!load.err && options->index) {
        int err = zone_index_apply(options->index, load.edit);
        if (err) {
            tell_name(&load, err, load.name, "no room for the server's own records");
        }
    }
    if (load.err) {
        zone_edit_abort(load.edit);
        zone_unref(zone);
        return load.err;
    }
    zone_edit_commit(load.edit);
    *out_zone = zone;
    return 0;
}
