/* Leases at a name and below it, those that end first before others:
 *   {"name":"compute.gba.","zone":"compute.gba.","total":1,
 *    "leases":[{"owner":"a.compute.gba.","type":"A","text":"192.0.2.1","left":3540,"granted":3600}]}
 * left and granted in seconds; at most SHOWN_MAX are listed, total tells how many there are. */
#include "server/ctl_cmd.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "server/held_lease.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_get.h"
#include "zones/zone_text.h"

enum {
    SHOWN_MAX = 200,
    TEXT_MAX = 300000, /* octets: RDATA of 65535 octets, each printed as \DDD */
};

/* On its way through the writer's thread, whose leases are; the last one frees it. */
struct job {
    struct writer_job job; /* first: the writer hands back its address */
    struct ctl_cmd_context *with;
    struct ctl_reply *reply;
    uint8_t name[DNS_NAME_MAX];
    const struct zone_lease **found;
    size_t count, room;
    char *text; /* TEXT_MAX octets, for one print at a time */
};

static void gather(void *context, const struct zone_lease *lease)
{
    struct job *job = context;
    if (!dns_name_is_in(lease->id.owner, job->name)) {
        return;
    }
    if (job->count == job->room) {
        const size_t room = job->room ? 2 * job->room : 64;
        const struct zone_lease **found = realloc(job->found, room * sizeof(*found));
        if (!found) {
            return; /* a shorter list is better than none */
        }
        job->found = found;
        job->room = room;
    }
    job->found[job->count++] = lease;
}

static int compare(const void *a, const void *b)
{
    const struct zone_lease *x = *(const struct zone_lease *const *)a;
    const struct zone_lease *y = *(const struct zone_lease *const *)b;
    const int64_t order = x->term.due_s - y->term.due_s;
    return order ? (order < 0 ? -1 : 1) : dns_name_compare(x->id.owner, y->id.owner);
}

/* RDATA of a lease as text; NULL when the record is not there, or no UTF-8. */
static json_t *print_record(const struct job *job, const struct held *held,
                            const struct zone_lease_id *id)
{
    struct zone_rr rr;
    const struct zone_node *node = zone_get_name(held->zone, zone_version(held->zone), id->owner);
    if (!zone_lease_group_find(node, id, &rr)) {
        return NULL;
    }
    struct wr wr = wr_make(job->text, TEXT_MAX);
    zone_text_print(rr.type, rr.rdata, rr.len, &wr);
    return wr.err ? NULL : json_stringn(job->text, wr_len(&wr));
}

static json_t *pack_lease(const struct job *job, const struct held *held,
                          const struct zone_lease *lease, int64_t now_s)
{
    char owner[DNS_NAME_TEXT_MAX], type[16];
    const int64_t left_s = lease->term.due_s - now_s;
    dns_name_print(lease->id.owner, owner);
    dns_type_print(lease->id.type, type);
    json_t *text = print_record(job, held, &lease->id);
    return json_pack("{s:s,s:s,s:o,s:I,s:I}", "owner", owner, "type", type, "text",
                     text ? text : json_string(""), "left", (json_int_t)(left_s > 0 ? left_s : 0),
                     "granted", (json_int_t)lease->term.length_s);
}

static json_t *pack_all(struct job *job, struct held *held)
{
    char name[DNS_NAME_TEXT_MAX], zone[DNS_NAME_TEXT_MAX];
    const int64_t now_s = held_lease_now(job->with->clock);
    json_t *leases = json_array();
    zone_lease_each(zone_lease_group_table(held->leases), gather, job);
    if (job->count > 0) {
        qsort(job->found, job->count, sizeof(*job->found), compare);
    }
    for (size_t i = 0; i < job->count && i < SHOWN_MAX; i++) {
        json_array_append_new(leases, pack_lease(job, held, job->found[i], now_s));
    }
    dns_name_print(job->name, name);
    dns_name_print(zone_name(held->zone), zone);
    return json_pack("{s:s,s:s,s:I,s:o}", "name", name, "zone", zone, "total",
                     (json_int_t)job->count, "leases", leases);
}

/* The held zone that a name is in, by the zones that are served: worlds are replaced in this thread. */
static struct held *find_held(const struct job *job)
{
    const struct world *world = rcu_read(job->with->world->now);
    struct dns_labels labels;
    dns_name_index(&world->zones_key, job->name, &labels);
    const struct zone *zone = zone_set_find(world->zones, job->name, &labels, 0);
    return zone ? keeper_find(job->with->keeper, zone_name(zone)) : NULL;
}

static void end_job(struct job *job)
{
    free((void *)job->found);
    free(job->text);
    free(job);
}

static void run(struct writer_job *at)
{
    struct job *job = (struct job *)at;
    struct held *held = find_held(job);
    json_t *result = held ? pack_all(job, held) : NULL;
    if (held) {
        ctl_reply_ok(job->reply, result ? json_dumps(result, JSON_COMPACT) : NULL);
    } else {
        ctl_reply_error(job->reply, ERR_MISSING, "the name is in no zone of this server");
    }
    json_decref(result);
    end_job(job);
}

void ctl_lease_list(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    struct ctl_cmd_context *with = context;
    const char *name = request->args[0];
    size_t len;
    struct job *job = calloc(1, sizeof(*job));
    char *text = malloc(TEXT_MAX);
    if (!job || !text) {
        free(job);
        free(text);
        ctl_reply_error(reply, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
        return;
    }
    *job = (struct job){.job = {.run = run}, .with = with, .reply = reply, .text = text};
    const int err = dns_name_parse(name, strlen(name), NULL, job->name, &len);
    if (err) {
        ctl_reply_error(reply, err, "%s is no name: %s", name, err_text(err));
        end_job(job);
        return;
    }
    dns_name_lower(job->name, len, job->name);
    writer_post(with->writer, &job->job);
}
