#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/cli/verb.h"

static enum cli_client_status tell(const char *path, int error)
{
    fprintf(stderr, "suanyu: %s: %s\n", path, strerror(error));
    return CLI_CLIENT_REFUSED;
}

static void add_number(struct cli_table *table, const json_t *zone, const char *key)
{
    char text[CLI_TEXT_MAX];
    cli_table_add(table, cli_text_number(text, cli_verb_number(zone, key)));
}

/* What a zone is among catalogs: "producer", or the catalog that lists it. */
static const char *catalog_of(const json_t *zone)
{
    const char *role = cli_verb_text(zone, "catalog");
    return role[0] ? role : cli_verb_text(zone, "member_of");
}

static bool know_catalogs(const json_t *zones)
{
    size_t i;
    json_t *zone;
    json_array_foreach(zones, i, zone)
    {
        if (catalog_of(zone)[0]) {
            return true;
        }
    }
    return false;
}

static bool has_secondary(const json_t *zones)
{
    size_t i;
    json_t *zone;
    json_array_foreach(zones, i, zone)
    {
        if (json_object_get(zone, "secondary")) {
            return true;
        }
    }
    return false;
}

/* Role, state, and the times of a secondary zone. */
static void add_role(struct cli_table *table, const json_t *zone)
{
    const json_t *secondary = json_object_get(zone, "secondary");
    char text[CLI_TEXT_MAX];
    cli_table_add(table, secondary ? "secondary" : "primary");
    if (!secondary) {
        cli_table_add(table, "ok");
        cli_table_add(table, "");
        cli_table_add(table, "");
        return;
    }
    const int64_t refreshed = cli_verb_number(secondary, "refreshed");
    const int64_t next = cli_verb_number(secondary, "next");
    const bool is_busy = json_is_true(json_object_get(secondary, "refreshing"));
    cli_table_add(table, cli_verb_text(secondary, "state"));
    cli_table_add(table, refreshed ? cli_text_age(text, refreshed, time(NULL)) : "never");
    cli_table_add(table, is_busy ? "under way" : cli_text_age(text, next, time(NULL)));
}

static void print_list(FILE *out, const json_t *zones)
{
    const bool with_roles = has_secondary(zones), with_catalogs = know_catalogs(zones);
    struct cli_table *table =
        cli_table_create(with_roles      ? with_catalogs ? "lrrrrlllll" : "lrrrrllll"
                         : with_catalogs ? "lrrrrl"
                                         : "lrrrr");
    char text[CLI_TEXT_MAX];
    size_t i;
    json_t *zone;

    static const char *const heads[] = {"ZONE", "SERIAL", "NAMES",     "RECORDS", "MEMORY",
                                        "ROLE", "STATE",  "REFRESHED", "NEXT"};
    for (i = 0; i < (with_roles ? 9u : 5u); i++) {
        cli_table_add(table, heads[i]);
    }
    if (with_catalogs) {
        cli_table_add(table, "CATALOG");
    }
    json_array_foreach(zones, i, zone)
    {
        cli_table_add(table, cli_verb_text(zone, "name"));
        snprintf(text, sizeof(text), "%lld", (long long)cli_verb_number(zone, "serial"));
        cli_table_add(table, text); /* a label, not an amount: without commas */
        add_number(table, zone, "names");
        add_number(table, zone, "records");
        cli_table_add(table, cli_text_size(text, (uint64_t)cli_verb_number(zone, "octets")));
        if (with_roles) {
            add_role(table, zone);
        }
        if (with_catalogs) {
            const char *of = catalog_of(zone);
            cli_table_add(table, of[0] ? of : "-");
        }
    }
    cli_table_print(table, out, 0);
    cli_table_destroy(table);
}

enum cli_client_status cli_zone_list(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "zone list", &result);

    if (result) {
        print_list(call->out, json_object_get(result, "zones"));
        json_decref(result);
    }
    return status;
}

enum cli_client_status cli_zone_refresh(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "zone refresh", &result);

    if (result) {
        cli_text_put(call->out, cli_verb_text(result, "zone"));
        fputs(" is being fetched\n", call->out);
        json_decref(result);
    }
    return status;
}

static void print_amounts(FILE *out, const json_t *zone)
{
    char names[CLI_TEXT_MAX], records[CLI_TEXT_MAX];

    fputs(": ", out);
    if (json_object_get(zone, "serial")) {
        fprintf(out, "serial %lld, ", (long long)cli_verb_number(zone, "serial"));
    }
    fprintf(out, "%s names, %s records\n", cli_text_number(names, cli_verb_number(zone, "names")),
            cli_text_number(records, cli_verb_number(zone, "records")));
}

static void print_outcome(FILE *out, const json_t *zone, const char *what)
{
    cli_text_put(out, cli_verb_text(zone, "zone"));
    fprintf(out, " %s", what);
    print_amounts(out, zone);
}

/* The file as an absolute path, for free(): the server's folder is another one. NULL without one.
 * False: there is no such file, and errno says why. */
static bool take_path(const struct cli_call *call, char **out_path)
{
    *out_path = call->arg_count > 1 ? realpath(call->args[1], NULL) : NULL;
    return call->arg_count < 2 || *out_path;
}

static enum cli_client_status ask_with_path(struct cli_call *call, const char *command,
                                            const char *what)
{
    char *path;
    json_t *result;

    if (!take_path(call, &path)) {
        return tell(call->args[1], errno);
    }
    const char *args[2] = {call->args[0], path};
    struct cli_call absolute = *call;
    absolute.args = args;
    const enum cli_client_status status = cli_verb_ask(&absolute, command, &result);
    if (result) {
        print_outcome(call->out, result, what);
        json_decref(result);
    }
    free(path);
    return status;
}

/* The control command has its catalog behind the file, which may be empty. */
enum cli_client_status cli_zone_add(struct cli_call *call)
{
    char *path;
    json_t *result;

    if (!take_path(call, &path)) {
        return tell(call->args[1], errno);
    }
    const char *args[3] = {call->args[0], path ? path : "", call->catalog};
    struct cli_call whole = *call;
    whole.args = args;
    whole.arg_count = call->catalog ? 3 : 2;
    const enum cli_client_status status = cli_verb_ask(&whole, "zone add", &result);
    if (result) {
        cli_text_put(call->out, cli_verb_text(result, "zone"));
        fputs(" added to ", call->out);
        cli_text_put(call->out, cli_verb_text(result, "catalog"));
        print_amounts(call->out, result);
        json_decref(result);
    }
    free(path);
    return status;
}

enum cli_client_status cli_zone_remove(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "zone remove", &result);

    if (result) {
        cli_text_put(call->out, cli_verb_text(result, "zone"));
        fputs(" removed from ", call->out);
        cli_text_put(call->out, cli_verb_text(result, "catalog"));
        fputc('\n', call->out);
        json_decref(result);
    }
    return status;
}

enum cli_client_status cli_zone_import(struct cli_call *call)
{
    return ask_with_path(call, "zone import", "imported");
}

enum cli_client_status cli_zone_check(struct cli_call *call)
{
    return ask_with_path(call, "zone check", "is good");
}

enum cli_client_status cli_zone_journal(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "zone journal", &result);

    if (result) {
        char changes[CLI_TEXT_MAX], size[CLI_TEXT_MAX];
        cli_text_put(call->out, cli_verb_text(result, "zone"));
        fprintf(call->out, ": from serial %lld to %lld, %s changes, %s\n",
                (long long)cli_verb_number(result, "from"),
                (long long)cli_verb_number(result, "serial"),
                cli_text_number(changes, cli_verb_number(result, "changes")),
                cli_text_size(size, (uint64_t)cli_verb_number(result, "octets")));
        json_decref(result);
    }
    return status;
}

static void write_part(void *context, const char *text, size_t len)
{
    fwrite(text, 1, len, context);
}

/* To standard output. With json the text is a field of the result. */
static enum cli_client_status export_here(struct cli_call *call)
{
    char *text = NULL;
    size_t len = 0;
    json_t *result = NULL;
    FILE *memory = call->json ? open_memstream(&text, &len) : NULL;
    const enum cli_client_status status =
        cli_client_ask(call->client, "zone export", call->args, 1, write_part,
                       memory ? memory : call->out, &result);

    if (memory) {
        fclose(memory);
    }
    if (result && memory) {
        json_object_set_new(result, "text", json_stringn(text, len));
        cli_verb_print_json(call->out, result);
    }
    json_decref(result);
    free(text);
    return status;
}

/* Through a neighbour that takes the file's place at the end: a broken export leaves no half file,
 * and what was there stays. */
static enum cli_client_status export_to(struct cli_call *call, const char *path)
{
    char *part_path = mem_print("%s.XXXXXX", path);
    const int fd = mkstemp(part_path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    const mode_t mask = umask(0);
    json_t *result = NULL;

    umask(mask);
    if (!file) {
        mem_free(part_path);
        return tell(path, errno);
    }
    enum cli_client_status status =
        cli_client_ask(call->client, "zone export", call->args, 1, write_part, file, &result);
    const bool is_written = fchmod(fd, 0666 & ~mask) == 0 && !ferror(file) && fflush(file) == 0;
    if (fclose(file) || (!status && (!is_written || rename(part_path, path)))) {
        status = tell(path, errno);
    }
    if (status) {
        unlink(part_path);
    } else if (call->json) {
        cli_verb_print_json(call->out, result);
    } else {
        print_outcome(call->out, result, "exported");
    }
    json_decref(result);
    mem_free(part_path);
    return status;
}

enum cli_client_status cli_zone_export(struct cli_call *call)
{
    return call->arg_count > 1 ? export_to(call, call->args[1]) : export_here(call);
}
