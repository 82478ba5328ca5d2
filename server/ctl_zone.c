#include "server/ctl_cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "server/catalog.h"
#include "server/held.h"
#include "server/keeper_file.h"
#include "zones/dns_name.h"

/* One import, export, check, addition or removal on its way through the writer's thread, which frees it. */
struct job {
    struct writer_job job; /* first: the writer hands back its address */
    struct ctl_cmd_context *with;
    struct ctl_reply *reply;
    uint8_t name[DNS_NAME_MAX];
    char *path; /* NULL: none was given */
    uint8_t catalog[DNS_NAME_MAX];
    bool has_catalog; /* one was named */
    struct wr errors;
    char errors_text[CTL_REPLY_TEXT_MAX];
};

static json_t *pack_zone(const struct zone *zone, const char *key)
{
    char name[DNS_NAME_TEXT_MAX];
    const struct zone_size size = zone_measure(zone);

    dns_name_print(zone_name(zone), name);
    return json_pack("{s:s,s:I,s:I,s:I,s:I}", key, name, "serial",
                     (json_int_t)zone_serial(zone, zone_version(zone)), "names",
                     (json_int_t)size.names, "records", (json_int_t)size.records, "octets",
                     (json_int_t)size.octets);
}

static void put_name(json_t *object, const char *key, const uint8_t *name)
{
    char text[DNS_NAME_TEXT_MAX];

    dns_name_print(name, text);
    json_object_set_new(object, key, json_string(text));
}

static void put_place(json_t *zone, const struct rules_zone *place)
{
    if (place && place->catalog != SERVER_CONF_NONE) {
        const char *role = place->catalog == SERVER_CONF_PRODUCER ? "producer" : "consumer";
        json_object_set_new(zone, "catalog", json_string(role));
    }
    if (place && place->member_of) {
        put_name(zone, "member_of", place->member_of);
    }
}

static json_t *pack_secondary(const struct ctl_cmd_context *with,
                              const struct secondary_zone *secondary)
{
    const struct secondary_view view =
        secondary_look(secondary->state, with->clock->mono_ns(with->clock));
    json_t *primaries = json_array();
    for (size_t i = 0; i < secondary->primary_count; i++) {
        char address[64];
        server_conf_value_print_address(&secondary->primaries[i], address, sizeof(address));
        json_array_append_new(primaries, json_string(address));
    }
    return json_pack("{s:s,s:b,s:I,s:I,s:I,s:o}", "state", view.state, "refreshing", view.is_busy,
                     "refreshed", (json_int_t)view.refreshed_s, "next", (json_int_t)view.next_s,
                     "expires_in", (json_int_t)view.left_s, "primaries", primaries);
}

/* Of a secondary zone what we have, whether it is served or not. */
static json_t *pack_listed(const struct ctl_cmd_context *with, const struct world *world,
                           const struct zone *zone)
{
    const struct secondary_zone *secondary =
        secondary_find(rules_secondaries(world->rules), zone_name(zone));
    const struct zone *had = secondary ? rcu_read(secondary->state->zone) : zone;
    json_t *packed = pack_zone(had, "name");
    if (secondary) {
        json_object_set_new(packed, "secondary", pack_secondary(with, secondary));
    }
    put_place(packed, rules_find_zone(world->rules, zone_name(zone)));
    return packed;
}

static void finish(struct ctl_reply *reply, json_t *result)
{
    ctl_reply_ok(reply, result ? json_dumps(result, JSON_COMPACT) : NULL);
    json_decref(result);
}

void ctl_zone_list(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    const struct ctl_cmd_context *with = context;
    const struct world *world = rcu_read(with->world->now);
    json_t *zones = json_array();

    (void)request;
    for (size_t i = 0; i < zone_set_count(world->zones); i++) {
        json_array_append_new(zones, pack_listed(with, world, zone_set_at(world->zones, i)));
    }
    finish(reply, json_pack("{s:o}", "zones", zones));
}

void ctl_zone_refresh(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    const struct ctl_cmd_context *with = context;
    const struct world *world = rcu_read(with->world->now);
    uint8_t name[DNS_NAME_MAX];
    char text[DNS_NAME_TEXT_MAX];
    size_t len;
    const int err = dns_name_parse(request->args[0], strlen(request->args[0]), NULL, name, &len);
    const struct secondary_zone *secondary =
        err ? NULL : secondary_find(rules_secondaries(world->rules), name);
    if (!secondary || !with->refresh) {
        ctl_reply_error(reply, ERR_MISSING, "%s is no secondary zone of this server",
                        request->args[0]);
        return;
    }
    refresh_force(with->refresh, secondary);
    dns_name_print(secondary->zone, text);
    finish(reply, json_pack("{s:s}", "zone", text));
}

/* The keeper tells an error: a line for people. What does not fit is left out. */
static void on_error(void *context, const struct err_at *at)
{
    struct job *job = context;
    struct wr line = job->errors; /* a copy, so that half a line leaves no trace */

    if (at->file) {
        wr_print(&line, "%.300s:", at->file);
    }
    if (at->line > 0) {
        wr_print(&line, "%u:%u:", at->line, at->column);
    }
    wr_print(&line, "%s%s\n", at->file || at->line > 0 ? " " : "", at->text);
    if (!line.err) {
        job->errors = line;
    }
}

/* The world's present zone of the job's name. The writer is no reader, but who else would free
 * what it reads: worlds are replaced in its thread. */
static const struct zone *find_zone(const struct job *job)
{
    return zone_set_get(rcu_read(job->with->world->now)->zones, job->name);
}

static void end_job(struct job *job)
{
    free(job->path);
    free(job);
}

static void fail_job(struct job *job, int err)
{
    const int len = (int)wr_len(&job->errors);
    if (len > 1) {
        ctl_reply_error(job->reply, err, "%.*s", len - 1, job->errors_text); /* without last \n */
    } else {
        ctl_reply_error(job->reply, err, "%s", err_text(err));
    }
    end_job(job);
}

static void run_import(struct writer_job *at)
{
    struct job *job = (struct job *)at;
    const struct keeper_report report = {on_error, job};
    const int err = keeper_import(job->with->keeper, job->name, job->path, &report);

    if (err) {
        fail_job(job, err);
        return;
    }
    finish(job->reply, pack_zone(find_zone(job), "zone"));
    end_job(job);
}

/* What a secondary may be taken from: serials from `from` on. */
static void run_journal(struct writer_job *at)
{
    struct job *job = (struct job *)at;
    const struct held *held = keeper_find(job->with->keeper, job->name);
    char name[DNS_NAME_TEXT_MAX];

    if (!held) {
        fail_job(job, ERR_MISSING);
        return;
    }
    const struct zone_journal_span *span = &held->state.span;
    dns_name_print(zone_name(held->zone), name);
    finish(job->reply, json_pack("{s:s,s:I,s:I,s:I,s:I}", "zone", name, "serial",
                                 (json_int_t)zone_serial(held->zone, zone_version(held->zone)),
                                 "from", (json_int_t)span->first_serial, "changes",
                                 (json_int_t)(held->state.seq + 1 - span->first_seq), "octets",
                                 (json_int_t)span->octets));
    end_job(job);
}

static void run_check(struct writer_job *at)
{
    struct job *job = (struct job *)at;
    const struct keeper_report report = {on_error, job};
    struct zone_size size = {0};
    char name[DNS_NAME_TEXT_MAX];
    const int err = keeper_check(job->with->keeper, job->name, job->path, &report, &size);

    if (err) {
        fail_job(job, err);
        return;
    }
    dns_name_print(job->name, name);
    finish(job->reply, json_pack("{s:s,s:I,s:I}", "zone", name, "names", (json_int_t)size.names,
                                 "records", (json_int_t)size.records));
    end_job(job);
}

/* The text goes through a file without a name, so that the writer never waits for the peer. */
static void run_export(struct writer_job *at)
{
    struct job *job = (struct job *)at;
    const struct keeper_report report = {on_error, job};
    const int fd = memfd_create("zone", MFD_CLOEXEC);
    const int own_fd = fd >= 0 ? dup(fd) : -1; /* the other one goes with the FILE */
    FILE *out = own_fd >= 0 ? fdopen(fd, "w") : NULL;
    int err = out ? keeper_export(job->with->keeper, job->name, out, &report) : -errno;

    if (out && fclose(out) && !err) {
        err = -errno;
    } else if (!out && fd >= 0) {
        close(fd);
    }
    if (err) {
        if (own_fd >= 0) {
            close(own_fd);
        }
        fail_job(job, err);
        return;
    }
    json_t *result = pack_zone(find_zone(job), "zone");
    ctl_reply_file(job->reply, own_fd, result ? json_dumps(result, JSON_COMPACT) : NULL);
    json_decref(result);
    end_job(job);
}

static void run_add(struct writer_job *at)
{
    struct job *job = (struct job *)at;
    const struct keeper_report report = {on_error, job};
    const struct catalog_wish wish = {job->name, job->has_catalog ? job->catalog : NULL, job->path};
    const uint8_t *catalog = NULL;
    const int err =
        catalog_add(job->with->keeper, job->with->clock, rand_system(), &wish, &report, &catalog);

    if (err) {
        fail_job(job, err);
        return;
    }
    json_t *result = pack_zone(find_zone(job), "zone");
    put_name(result, "catalog", catalog);
    finish(job->reply, result);
    end_job(job);
}

static void run_remove(struct writer_job *at)
{
    struct job *job = (struct job *)at;
    const struct keeper_report report = {on_error, job};
    const uint8_t *catalog = NULL;
    dns_name_lower(job->name, dns_name_len(job->name), job->name);
    const int err = catalog_remove(job->with->keeper, job->name, &report, &catalog);

    if (err) {
        fail_job(job, err);
        return;
    }
    json_t *result = json_object();
    put_name(result, "zone", job->name);
    put_name(result, "catalog", catalog);
    finish(job->reply, result);
    end_job(job);
}

/* Queue a job with the request's zone and, if it has one, file. */
static void start_job(struct ctl_cmd_context *with, const struct ctl_request *request,
                      struct ctl_reply *reply, void (*run)(struct writer_job *job))
{
    const char *name = request->args[0];
    size_t len;
    struct job *job = calloc(1, sizeof(*job));

    if (!job) {
        ctl_reply_error(reply, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
        return;
    }
    job->job.run = run;
    job->with = with;
    job->reply = reply;
    job->errors = wr_make(job->errors_text, sizeof(job->errors_text));
    int err = dns_name_parse(name, strlen(name), NULL, job->name, &len);
    const bool may_lack_path = run == run_add; /* then "" stands before the catalog */
    const bool has_path = request->arg_count > 1 && (request->args[1][0] || !may_lack_path);
    if (!err && has_path) {
        job->path = strdup(request->args[1]);
    }
    job->has_catalog = request->arg_count > 2;
    if (!err && job->has_catalog) {
        name = request->args[2];
        err = dns_name_parse(name, strlen(name), NULL, job->catalog, &len);
    }
    if (err) {
        ctl_reply_error(reply, err, "%s is no zone name: %s", name, err_text(err));
        end_job(job);
    } else if (has_path && (!job->path || job->path[0] != '/')) {
        /* Relative to what? The server's folder is nobody's business. */
        ctl_reply_error(reply, ERR_VALUE, "the file needs an absolute path");
        end_job(job);
    } else {
        writer_post(with->writer, &job->job);
    }
}

void ctl_zone_import(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    start_job(context, request, reply, run_import);
}

void ctl_zone_add(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    start_job(context, request, reply, run_add);
}

void ctl_zone_remove(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    start_job(context, request, reply, run_remove);
}

void ctl_zone_export(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    start_job(context, request, reply, run_export);
}

void ctl_zone_journal(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    start_job(context, request, reply, run_journal);
}

void ctl_zone_check(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    start_job(context, request, reply, run_check);
}
