/* server/regions_file: files of regions, what is wrong with them and where; through the configuration, too. */
#include "server/regions_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "sched/choose/pools_hash.h"
#include "server/conf.h"
#include "tests/lib/scratch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PATH         "/etc/suanyu/regions.yaml"
#define BEGIN        "regions:\n"

static const struct hash_key key = {3, 4};

static const char full[] = BEGIN "  - name: \"440305\"\n"
                                 "    prefixes: [192.0.2.0/24, \"2001:db8::/32\", 198.51.100.7]\n"
                                 "    latitude: 22.531\n"
                                 "    longitude: -113.93\n"
                                 "    centre: pcl\n"
                                 "  - {name: 香港, prefixes: 203.0.113.0/24}\n";

static uint64_t text(const char *text)
{
    return pools_text_hash(&key, text, strlen(text));
}

static void a_full_file_lands_in_the_table(void **state)
{
    (void)state;
    static const struct {
        uint8_t family, address[16];
        const char *region;
        unsigned scope;
    } cases[] = {
        {4, {192, 0, 2, 200}, "440305", 24},        {4, {198, 51, 100, 7}, "440305", 32},
        {4, {198, 51, 100, 8}, NULL, 29},           {4, {203, 0, 113, 1}, "香港", 24},
        {6, {0x20, 1, 0xd, 0xb8, 9}, "440305", 32},
    };
    struct regions *regions = NULL;
    struct err_at at;
    assert_int_equal(regions_file_parse(PATH, full, sizeof(full) - 1, &regions, &at), 0);
    regions_take_key(regions, &key);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct regions_match match;
        struct choose_place place;
        unsigned bits = cases[i].family == 4 ? 32 : 128;
        regions_find(regions, cases[i].family, cases[i].address, bits, &match);
        regions_get(regions, &match, &place);
        assert_int_equal(place.regions[0], cases[i].region ? text(cases[i].region) : 0);
        assert_int_equal(match.scope, cases[i].scope);
        if (i == 0) {
            assert_true(place.has_loc && place.latitude == 22.531 && place.longitude == -113.93);
            assert_int_equal(place.centre, text("pcl"));
        }
    }
    regions_unref(regions);
}

static void what_is_wrong_is_shown_where_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
        unsigned line, column;
        const char *says;
    } cases[] = {
        {"", ERR_SYNTAX, 1, 1, "empty"},
        {"regions: 7\n", ERR_VALUE, 1, 10, "regions"},
        {BEGIN "  - {prefixes: [10.0.0.0/8]}\n", ERR_MISSING, 2, 5, "name"},
        {BEGIN "  - {name: a}\n", ERR_MISSING, 2, 5, "prefixes"},
        {BEGIN "  - {name: a, prefixes: []}\n", ERR_MISSING, 2, 25, "nobody is there"},
        {BEGIN "  - {name: \"\", prefixes: [\"::1\"]}\n", ERR_VALUE, 2, 12, "name"},
        {BEGIN "  - {name: a, prefixes: [10.0.0.1/8]}\n", ERR_VALUE, 2, 26, "behind the length"},
        {BEGIN "  - {name: a, prefixes: [10.0.0.0/33]}\n", ERR_VALUE, 2, 26, "32"},
        {BEGIN "  - {name: a, prefixes: [here]}\n", ERR_VALUE, 2, 26, "not an address"},
        {BEGIN "  - {name: a, prefixes: [\"::1\"], nation: b}\n", ERR_VALUE, 2, 34, "nation"},
        {BEGIN "  - {name: a, prefixes: [\"::1\"], latitude: 1}\n", ERR_MISSING, 2, 0, "together"},
        {BEGIN "  - {name: a, prefixes: [\"::1\"], longitude: 1}\n", ERR_MISSING, 2, 0, "together"},
        {BEGIN "  - {name: a, prefixes: [\"::1\"], latitude: 90.01, longitude: 1}\n", ERR_VALUE, 2,
         44, "-90 to 90"},
        {BEGIN "  - {name: a, prefixes: [\"::1\"], latitude: 1, longitude: -181}\n", ERR_VALUE, 2,
         58, "-180 to 180"},
        {BEGIN "  - {name: a, prefixes: [\"::1\"], latitude: 1., longitude: 1}\n", ERR_VALUE, 2, 44,
         ""},
        {BEGIN "  - {name: a, prefixes: [\"::1\"], latitude: .5, longitude: 1}\n", ERR_VALUE, 2, 44,
         ""},
        {BEGIN "  - {name: a, prefixes: [\"::1\"], latitude: 1e1, longitude: 1}\n", ERR_VALUE, 2,
         44, ""},
        {BEGIN "  - {name: a, prefixes: [\"::1\"], latitude: nan, longitude: 1}\n", ERR_VALUE, 2,
         44, ""},
        {BEGIN "  - {name: a, prefixes: [10.0.0.0/8, 10.0.0.0/9]}\n"
               "  - {name: b, prefixes: [11.0.0.0/8, 10.0.0.0/8]}\n",
         ERR_EXISTS, 3, 38, "twice"},
        {BEGIN "  - {name: a, prefixes: [\"::1\", \"::1/128\"]}\n", ERR_EXISTS, 2, 33, "twice"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct regions *regions = NULL;
        struct err_at at = {.text = ""};
        const char *file = cases[i].text;
        int err = regions_file_parse(PATH, file, strlen(file), &regions, &at);
        if (err != cases[i].err || at.line != cases[i].line || !strstr(at.text, cases[i].says) ||
            (cases[i].column && at.column != cases[i].column)) {
            fail_msg("case %zu: %d, %u:%u: %s", i, err, at.line, at.column, at.text);
        }
        assert_null(regions);
    }
}

/* --- by the configuration -------------------------------------------------------------------------- */

struct folder {
    char *path, *conf, *regions;
};

static struct folder make_folder(const char *options, const char *regions)
{
    struct folder folder = {.path = scratch_make()};
    folder.conf = scratch_path(folder.path, "suanyud.yaml");
    folder.regions = scratch_path(folder.path, "regions.yaml");
    char *text = mem_print("store: {path: store}\nserver: {%s}\n", options);
    scratch_write(folder.conf, text);
    mem_free(text);
    if (regions) {
        scratch_write(folder.regions, regions);
    }
    return folder;
}

static void drop(struct folder *folder)
{
    mem_free(folder->conf);
    mem_free(folder->regions);
    scratch_remove(folder->path);
}

static void a_configuration_brings_its_regions(void **state)
{
    (void)state;
    struct folder folder = make_folder("regions: regions.yaml", full);
    struct server_conf *conf = NULL;
    struct err_at at;
    assert_int_equal(server_conf_load(folder.conf, &conf, &at), 0);
    assert_non_null(conf->regions);
    struct regions *kept = regions_ref(conf->regions);
    server_conf_free(conf);
    regions_take_key(kept, &key);
    struct regions_match match;
    regions_find(kept, 4, (const uint8_t *)"\xc0\0\2\1", 32, &match);
    assert_int_equal(match.source, REGIONS_TABLE);
    regions_unref(kept);
    drop(&folder);
    folder = make_folder("ecs: off", NULL);
    assert_int_equal(server_conf_load(folder.conf, &conf, &at), 0);
    assert_null(conf->regions);
    assert_false(conf->server.ecs);
    server_conf_free(conf);
    drop(&folder);
}

static void an_error_of_a_file_is_shown_at_its_option(void **state)
{
    (void)state;
    static const struct {
        const char *options, *regions, *says; /* %s: the folder */
    } cases[] = {
        {"regions: regions.yaml", BEGIN "  - {name: a, prefixes: [x]}\n",
         "%s/regions.yaml:2:26: regions[0].prefixes"},
        {"regions: absent.yaml", NULL, "%s/absent.yaml: No such file or directory"},
        {"geo: absent.mmdb", NULL, "%s/absent.mmdb: No such file or directory"},
        {"geo: regions.yaml", "no MaxMind file\n", "%s/regions.yaml: "},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct folder folder = make_folder(cases[i].options, cases[i].regions);
        struct server_conf *conf = NULL;
        struct err_at at = {.text = ""};
        char expected[400];
        const char *rest = strchr(cases[i].says, '/');
        (void)snprintf(expected, sizeof(expected), "%s%s", folder.path, rest);
        assert_true(server_conf_load(folder.conf, &conf, &at) < 0);
        if (!strstr(at.text, expected) || at.line != 2) {
            fail_msg("case %zu: %u:%u: %s", i, at.line, at.column, at.text);
        }
        assert_string_equal(at.file, folder.conf);
        drop(&folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_file_lands_in_the_table),
        cmocka_unit_test(what_is_wrong_is_shown_where_it_stands),
        cmocka_unit_test(a_configuration_brings_its_regions),
        cmocka_unit_test(an_error_of_a_file_is_shown_at_its_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
