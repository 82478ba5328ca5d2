#include "tests/lib/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/lib/scratch.h"

static const char head[] = "$ORIGIN compute.gba.\n$TTL 300\n"
                           "@ SOA ns1 host 1 3600 600 604800 30\n@ NS ns1\nns1 A 192.0.2.1\n";

static void fail_on_error(void *context, const struct err_at *at)
{
    (void)context;
    fail_msg("%s:%u:%u: %s", at->file ? at->file : "", at->line, at->column, at->text);
}

static void load(struct commands *commands, const char *zone_text)
{
    const struct keeper_report report = {fail_on_error, NULL};
    char *zone = mem_print("%s%s", head, zone_text);
    char *zone_path = scratch_path(commands->folder, "zone.txt");
    char *conf_path = scratch_path(commands->folder, "suanyud.yaml");
    char *store_path = scratch_path(commands->folder, "store");
    struct err_at at = {0};

    scratch_write(zone_path, zone);
    scratch_write(conf_path, "store:\n  path: store\nzones:\n  - name: compute.gba\n"
                             "    file: zone.txt\n    index: on\n    octets_max: 8m\n");
    if (server_conf_load(conf_path, &commands->conf, &at)) {
        fail_on_error(NULL, &at);
    }
    assert_int_equal(zone_store_open(store_path, 1 << 24, &commands->store), 0);
    commands->context.keeper =
        keeper_create(commands->store, &commands->world, &commands->clock.clock,
                      stat_registry_add(commands->context.registry));
    assert_int_equal(keeper_apply(commands->context.keeper, commands->conf, &report), 0);
    mem_free(zone);
    mem_free(zone_path);
    mem_free(conf_path);
    mem_free(store_path);
}

struct commands *commands_make(const char *zone_text)
{
    struct commands *commands = mem_alloc(sizeof(*commands));
    struct ctl_cmd_context *context = &commands->context;

    log_init(LOG_ERROR, NULL);
    clock_fake_init(&commands->clock, 1790000000);
    commands->clock.mono = 5000000000;
    commands->world.key = (struct hash_key){0x9fb21c651e98df25u, 0xa0761d6478bd642fu};
    commands->folder = scratch_make();
    context->registry = stat_registry_create();
    context->world = &commands->world;
    context->clock = &commands->clock.clock;
    context->start_ns = 1000000000;
    context->version = "1.2.3";
    context->leases = &commands->leases;
    commands->leases = 3;
    load(commands, zone_text);
    context->kv = zone_store_kv(commands->store);
    assert_int_equal(writer_create(&context->writer), 0);
    assert_int_equal(loop_create(true, &commands->loop), 0);
    assert_int_equal(loop_post_open(&commands->post, commands->loop), 0);
    return commands;
}

void commands_end(struct commands *commands)
{
    writer_destroy(commands->context.writer);
    loop_post_close(&commands->post, NULL);
    assert_int_equal(loop_destroy(commands->loop), 0);
    keeper_destroy(commands->context.keeper);
    world_finish(&commands->world);
    rcu_drain();
    rcu_drain();
    zone_store_close(commands->store);
    server_conf_free(commands->conf);
    stat_registry_destroy(commands->context.registry);
    scratch_remove(commands->folder);
    free(commands->parts);
    mem_free(commands);
}

static void take(struct loop_post_item *item)
{
    struct ctl_reply *reply = (struct ctl_reply *)(void *)item;
    struct commands *commands = reply->owner;
    commands->delivered = reply;
    loop_stop(commands->loop);
}

static void take_parts(struct commands *commands)
{
    size_t len = 0, line_len;
    char *line;

    free(commands->parts);
    commands->parts = NULL;
    FILE *out = commands->delivered->fd >= 0 ? open_memstream(&commands->parts, &len) : NULL;
    while (ctl_reply_next(commands->delivered, &line, &line_len) == 1) {
        json_t *root = json_loadb(line, line_len, 0, NULL);
        const json_t *part = json_object_get(root, "part");
        fwrite(json_string_value(part), 1, json_string_length(part), out);
        json_decref(root);
        free(line);
    }
    if (out) {
        fclose(out);
    }
}

static const struct ctl_command *find(const char *name)
{
    size_t count;
    const struct ctl_command *table = ctl_cmd_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    fail_msg("no command %s", name);
    return NULL;
}

json_t *commands_ask(struct commands *commands, const char *command, const char *const *args)
{
    const struct ctl_command *row = find(command);
    struct ctl_request request = {.command = command, .uid = getuid()};
    struct ctl_reply *reply = ctl_reply_create(&commands->post, take, commands, 1);

    for (; args[request.arg_count]; request.arg_count++) {
        request.args[request.arg_count] = args[request.arg_count];
    }
    assert_in_range(request.arg_count, row->args_min, row->args_max);
    rcu_enter();
    row->handle(&commands->context, &request, reply);
    rcu_leave();
    loop_run(commands->loop);
    take_parts(commands);
    json_t *root = json_loads(commands->delivered->line, 0, NULL);
    assert_non_null(root);
    ctl_reply_destroy(commands->delivered);
    return root;
}

char *commands_fail(struct commands *commands, const char *command, const char *const *args)
{
    json_t *root = commands_ask(commands, command, args);
    const char *text = json_string_value(json_object_get(json_object_get(root, "error"), "text"));

    assert_true(json_is_false(json_object_get(root, "ok")));
    assert_non_null(text);
    char *copy = mem_text(text);
    json_decref(root);
    return copy;
}
