#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/zone_file.h"
#include "zones/zone_index.h"
#include "zones/zone_load.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char *folder, *path;

static int enter(void **state)
{
    (void)state;
    folder = scratch_make();
    path = scratch_path(folder, "zone.txt");
    rcu_enter();
    return 0;
}

static int leave(void **state)
{
    (void)state;
    zones_settle();
    rcu_leave();
    mem_free(path);
    scratch_remove(folder);
    return 0;
}

/* All errors of one load, each as LINE:COLUMN TEXT and a newline. */
struct told {
    unsigned count;
    char text[8000];
};

static void on_error(void *context, const struct err_at *at)
{
    struct told *told = context;
    size_t len = strlen(told->text);
    assert_non_null(at->file);
    assert_non_null(strstr(at->file, folder));
    told->count++;
    (void)snprintf(told->text + len, sizeof(told->text) - len, "%u:%u %s\n", at->line, at->column,
                   at->text);
}

static bool chooses;

static int load(struct zone_index *index, struct told *told, struct zone **out_zone)
{
    struct zone_load_options options = {.key = &zones_key,
                                        .limits = {4, 3, 0},
                                        .size_max = 1 << 20,
                                        .index = index,
                                        .chooses = chooses,
                                        .on_error = on_error,
                                        .context = told};
    *told = (struct told){0};
    return zone_load(path, zones_name("t."), &options, out_zone);
}

#define APEX "$TTL 300\n@ SOA m r 5 1 1 1 1\n@ NS ns\n"

static void a_good_file_is_the_first_version_of_a_zone(void **state)
{
    (void)state;
    struct told told;
    struct zone *zone = NULL;
    scratch_write(path, APEX "ns A 192.0.2.1\nWWW.Sub 60 CNAME NS\n\n; nothing\n");
    assert_int_equal(load(NULL, &told, &zone), 0);
    assert_int_equal(told.count, 0);
    assert_int_equal(zone_version(zone), 1);
    assert_int_equal(zone_serial(zone, 1), 5);
    assert_int_equal(zone_measure(zone).records, 4);
    assert_non_null(zones_get(zone, 1, "www.sub.t."));
    zones_check(zone);
    zone_unref(zone);
}

static void every_error_tells_its_place_and_leaves_no_zone(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        int err;
        const char *told; /* of each error the beginning of its line, "" when not looked at */
    } rows[] = {
        {"empty file", "", ERR_ZONE_SOA, "0:0 t.: no SOA"},
        {"no SOA", "@ 1 NS ns\n", ERR_ZONE_SOA, "0:0 t.: no SOA"},
        {"no NS", "@ 1 SOA m r 1 1 1 1 1\n", ERR_MISSING, "0:0 t.: no NS"},
        {"SOA below the apex", APEX "a SOA m r 1 1 1 1 1\n", ERR_ZONE_SOA, "4:1 SOA below"},
        {"two SOAs", APEX "@ SOA m r 6 1 1 1 1\n", ERR_EXISTS, "4:1 a second SOA"},
        {"the same SOA twice", APEX "@ SOA m r 5 1 1 1 1\n", 0, ""},
        {"two aliases", APEX "a CNAME b\na CNAME c\n", ERR_EXISTS, "5:1 a second CNAME"},
        {"the same alias twice", APEX "a CNAME b\na CNAME b\n", 0, ""},
        {"two DNAMEs", APEX "a DNAME b\na DNAME c\n", ERR_EXISTS, "5:1 a second DNAME"},
        {"alias and data", APEX "a A 192.0.2.1\na CNAME c\n", ERR_ZONE_CNAME, "5:1 CNAME and"},
        {"data and alias", APEX "a CNAME c\na A 192.0.2.1\n", ERR_ZONE_CNAME, "5:1 CNAME and"},
        {"alias at the apex", APEX "@ CNAME c\n", ERR_ZONE_CNAME, "4:1 CNAME and"},
        {"out of the zone", APEX "a.u. A 192.0.2.1\n", ERR_OUT_OF_ZONE, "4:1 name is not in"},
        {"too many records",
         APEX "a A 0.0.0.1\na A 0.0.0.2\na A 0.0.0.3\na A 0.0.0.4\na A 0.0.0.5\n", ERR_LIMIT,
         "8:1 a configured limit"},
        {"too many types", APEX "a A 0.0.0.1\na TXT x\na AAAA ::1\na MX 1 m\n", ERR_LIMIT,
         "7:1 a configured limit"},
        {"bad address", APEX "a A 192.0.2\n", ERR_SYNTAX, "4:5 "},
        {"no such type", APEX "a 300 WHAT x\n", ERR_SYNTAX, "4:7 "},
        {"a load without capacity", APEX "a CLOAD . obs=1\n", ERR_ATTR_CROSS, "0:0 a.t.: "},
        {"more free than there is", APEX "a CRES . cpu=4\na CLOAD . obs=1 cpuf=5\n", ERR_ATTR_CROSS,
         "0:0 a.t.: cpuf"},
        {"bad attribute", APEX "a CRES . cpu=x\n", ERR_SYNTAX, "4:10 "},
        {"two loads", APEX "a CRES . cpu=1\na CLOAD . obs=1\na CLOAD . obs=2\n", ERR_EXISTS,
         "6:1 a second CLOAD"},
        {"an include that is not there", APEX "$INCLUDE nothing.txt\n", ERR_SYNTAX, "4:10 "},
        {"three at once", APEX "a CNAME b\na A 192.0.2.1\nb A x\nc.u. A 192.0.2.1\n",
         ERR_ZONE_CNAME, "5:1 CNAME and\n6:5 \n7:1 name is not"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct told told;
        struct zone *zone = NULL;
        scratch_write(path, rows[i].text);
        int err = load(NULL, &told, &zone);
        if (err != rows[i].err) {
            print_message("case: %s\n%s", rows[i].label, told.text);
        }
        assert_int_equal(err, rows[i].err);
        assert_int_equal(zone != NULL, err == 0);
        const char *line = told.text;
        for (const char *want = rows[i].told; *want; line = strchr(line, '\n') + 1) {
            size_t len = strcspn(want, "\n");
            if (strncmp(line, want, len) != 0) {
                print_message("case: %s\nwanted %s\n", rows[i].label, want);
                assert_string_equal(told.text, rows[i].told);
            }
            want += len + (want[len] == '\n' ? 1 : 0);
        }
        assert_int_equal(*line, 0); /* no more than these */
        zone_unref(zone);
    }
}

static void a_file_that_is_not_there_is_an_error_of_the_file(void **state)
{
    (void)state;
    struct told told;
    struct zone *zone = NULL;
    assert_true(load(NULL, &told, &zone) < 0);
    assert_int_equal(told.count, 1);
    assert_int_equal(strncmp(told.text, "0:0 ", 4), 0);
    assert_null(zone);
}

static void a_file_above_the_limit_is_refused(void **state)
{
    (void)state;
    struct told told;
    struct zone *zone = NULL;
    char *text = mem_alloc((1 << 20) + 2);
    memset(text, '\n', (1 << 20) + 1);
    scratch_write(path, text);
    assert_true(load(NULL, &told, &zone) < 0);
    assert_int_equal(told.count, 1);
    assert_null(zone);
    mem_free(text);
}

static void the_reader_gives_up_after_enough_errors(void **state)
{
    (void)state;
    struct told told;
    struct zone *zone = NULL;
    char text[8000] = APEX;
    for (unsigned i = 0; i < 3 * ZONE_FILE_ERRORS_MAX; i++) {
        (void)strcat(text, "x A wrong\n");
    }
    scratch_write(path, text);
    assert_int_equal(load(NULL, &told, &zone), ERR_SYNTAX);
    assert_int_equal(told.count, ZONE_FILE_ERRORS_MAX);
    assert_null(zone);
}

static void the_index_writes_its_own_names_whatever_the_file_says(void **state)
{
    (void)state;
    struct told told;
    struct zone *zone = NULL;
    struct zone_index *index = zone_index_create(zones_name("t."), 10);
    scratch_write(path, APEX "c CENTRE . kind=ai\np.c CRES . cpu=4\n"
                             "_pool.c PTR stale.c\n_compute._tcp PTR stale.c\n"
                             "_old._sub._compute._tcp TXT stale\np.c TXT stale\n");
    assert_int_equal(load(index, &told, &zone), 0);
    char *text = zones_print(zone, 1);
    assert_null(strstr(text, "stale"));
    assert_non_null(strstr(text, "_pool.c.t. 60 IN PTR p.c.t.\n"));
    assert_non_null(strstr(text, "\"cpu"));
    mem_free(text);
    zones_check(zone);
    zone_unref(zone);
    zone_index_destroy(index);
    assert_int_equal(load(NULL, &told, &zone), 0); /* without an index they are plain data */
    text = zones_print(zone, 1);
    assert_non_null(strstr(text, "stale"));
    mem_free(text);
    zone_unref(zone);
}

static void a_computed_name_holds_nothing_from_a_file(void **state)
{
    (void)state;
    struct told told;
    struct zone *zone = NULL;
    struct zone_index *index = zone_index_create(zones_name("t."), 10);
    scratch_write(path, APEX "cpu-8.find TXT stale\n");
    assert_int_not_equal(load(index, &told, &zone), 0);
    assert_null(zone);
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.text, "cpu-8.find.t.: the server computes"));
    chooses = true;
    assert_int_equal(load(NULL, &told, &zone), 0); /* a zone without centres computes nothing */
    zone_unref(zone);
    scratch_write(path,
                  APEX "cpu-8.find TXT stale\nfind A 192.0.2.1\nfind.c A 192.0.2.1\nc CENTRE . "
                       "kind=ai\n");
    assert_int_equal(load(NULL, &told, &zone), ERR_ZONE_OWNED);
    assert_int_equal(told.count, 2);
    chooses = false;
    assert_int_equal(load(NULL, &told, &zone), 0);
    zone_unref(zone);
    zone_index_destroy(index);
}

static void a_name_without_room_is_loaded_without_its_mirror(void **state)
{
    (void)state;
    struct told told;
    struct zone *zone = NULL;
    struct zone_index *index = zone_index_create(zones_name("t."), 10);
    scratch_write(path, APEX "c CENTRE . kind=ai\nc A 192.0.2.1\nc AAAA ::1\n");
    assert_int_equal(load(index, &told, &zone), 0);
    char *text = zones_print(zone, 1);
    assert_non_null(strstr(text, "c.t. "));
    assert_null(strstr(text, "kind=ai\""));
    mem_free(text);
    zone_unref(zone);
    zone_index_destroy(index);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_file_is_the_first_version_of_a_zone),
        TEST(every_error_tells_its_place_and_leaves_no_zone),
        TEST(a_file_that_is_not_there_is_an_error_of_the_file),
        TEST(a_file_above_the_limit_is_refused),
        TEST(the_reader_gives_up_after_enough_errors),
        TEST(the_index_writes_its_own_names_whatever_the_file_says),
        TEST(a_computed_name_holds_nothing_from_a_file),
        TEST(a_name_without_room_is_loaded_without_its_mirror),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
