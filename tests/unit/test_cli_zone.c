#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/lib/answers.h"
#include "tests/lib/scratch.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void zones_are_a_table(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(
        "{\"ok\":true,\"result\":{\"zones\":[{\"name\":\"compute.gba.\",\"serial\":2026112101,"
        "\"names\":1180,\"records\":3330,\"octets\":40960},{\"name\":\"b.\",\"serial\":1,"
        "\"names\":2,\"records\":3,\"octets\":512}]}}\n",
        WORDS("zone", "list"), false, &seen);
    assert_string_equal(seen.out, "ZONE              SERIAL  NAMES  RECORDS      MEMORY\n"
                                  "compute.gba.  2026112101  1,180    3,330    40.0 KiB\n"
                                  "b.                     1      2        3  512 octets\n");
    answers_finish(&seen);
}

static void an_import_sends_the_absolute_path(void **state)
{
    char *folder = scratch_make(), *path = scratch_path(folder, "zone.txt");
    char *real = NULL, *wanted = NULL;
    char here[4096];
    struct answers_seen seen;

    (void)state;
    scratch_write(path, "x");
    real = realpath(path, NULL);
    wanted = mem_print("{\"cmd\":\"zone import\",\"args\":[\"compute.gba\",\"%s\"]}\n", real);
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(chdir(folder), 0);
    answers_run("{\"ok\":true,\"result\":{\"zone\":\"compute.gba.\",\"serial\":2,\"names\":1180,"
                "\"records\":3330}}\n",
                WORDS("zone", "import", "compute.gba", "zone.txt"), false, &seen);
    assert_int_equal(chdir(here), 0);
    assert_string_equal(seen.request, wanted);
    assert_string_equal(seen.out, "compute.gba. imported: serial 2, 1,180 names, 3,330 records\n");
    answers_finish(&seen);
    free(real);
    mem_free(wanted);
    mem_free(path);
    scratch_remove(folder);
}

static void a_file_that_is_not_there_is_not_asked_about(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("", WORDS("zone", "import", "compute.gba", "/no/such/file"), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_REFUSED);
    assert_string_equal(seen.err, "suanyu: /no/such/file: No such file or directory\n");
    assert_string_equal(seen.request, "");
    answers_finish(&seen);
}

static void a_journal_is_one_line(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"zone\":\"compute.gba.\",\"serial\":2026112109,"
                "\"from\":2026112101,\"changes\":1180,\"octets\":40960}}\n",
                WORDS("zone", "journal", "compute.gba"), false, &seen);
    assert_string_equal(seen.request, "{\"cmd\":\"zone journal\",\"args\":[\"compute.gba\"]}\n");
    assert_string_equal(seen.out, "compute.gba.: from serial 2026112101 to 2026112109, "
                                  "1,180 changes, 40.0 KiB\n");
    answers_finish(&seen);
}

static void catalogs_are_a_column_where_there_are_any(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(
        "{\"ok\":true,\"result\":{\"zones\":[{\"name\":\"a.\",\"serial\":1,\"names\":1,"
        "\"records\":2,\"octets\":512,\"member_of\":\"c.gba.\"},{\"name\":\"b.\",\"serial\":1,"
        "\"names\":2,\"records\":3,\"octets\":512},{\"name\":\"c.gba.\",\"serial\":1,"
        "\"names\":2,\"records\":3,\"octets\":512,\"catalog\":\"producer\"}]}}\n",
        WORDS("zone", "list"), false, &seen);
    assert_string_equal(seen.out, "ZONE    SERIAL  NAMES  RECORDS      MEMORY  CATALOG\n"
                                  "a.           1      1        2  512 octets  c.gba.\n"
                                  "b.           1      2        3  512 octets  -\n"
                                  "c.gba.       1      2        3  512 octets  producer\n");
    answers_finish(&seen);
}

static void a_zone_joins_and_leaves_a_catalog(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(
        "{\"ok\":true,\"result\":{\"zone\":\"a.gba.\",\"serial\":1,\"names\":1,\"records\":2,"
        "\"catalog\":\"c.gba.\"}}\n",
        WORDS("zone", "add", "a.gba"), false, &seen);
    assert_string_equal(seen.request, "{\"cmd\":\"zone add\",\"args\":[\"a.gba\",\"\"]}\n");
    assert_string_equal(seen.out, "a.gba. added to c.gba.: serial 1, 1 names, 2 records\n");
    answers_finish(&seen);
    answers_run("{\"ok\":true,\"result\":{\"zone\":\"a.gba.\",\"catalog\":\"c.gba.\"}}\n",
                WORDS("zone", "remove", "a.gba"), false, &seen);
    assert_string_equal(seen.request, "{\"cmd\":\"zone remove\",\"args\":[\"a.gba\"]}\n");
    assert_string_equal(seen.out, "a.gba. removed from c.gba.\n");
    answers_finish(&seen);
}

static void a_check_needs_no_file(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"zone\":\"compute.gba.\",\"names\":2,\"records\":3}}\n",
                WORDS("zone", "check", "compute.gba"), false, &seen);
    assert_string_equal(seen.request, "{\"cmd\":\"zone check\",\"args\":[\"compute.gba\"]}\n");
    assert_string_equal(seen.out, "compute.gba. is good: 2 names, 3 records\n");
    answers_finish(&seen);
}

static const char exported[] =
    "{\"part\":\"@ SOA\\n\"}\n{\"part\":\"www A\\n\"}\n"
    "{\"ok\":true,\"result\":{\"zone\":\"a.\",\"serial\":1,\"names\":2,\"records\":2}}\n";

static void an_export_goes_to_standard_output(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(exported, WORDS("zone", "export", "a"), false, &seen);
    assert_string_equal(seen.out, "@ SOA\nwww A\n");
    answers_finish(&seen);
    answers_run(exported, WORDS("zone", "export", "a"), true, &seen);
    assert_string_equal(seen.out, "{\"zone\":\"a.\",\"serial\":1,\"names\":2,\"records\":2,"
                                  "\"text\":\"@ SOA\\nwww A\\n\"}\n");
    answers_finish(&seen);
}

static unsigned count_files(const char *folder)
{
    DIR *entries = opendir(folder);
    unsigned count = 0;
    while (readdir(entries)) {
        count++;
    }
    closedir(entries);
    return count - 2; /* . and .. */
}

static void an_export_makes_its_file_whole_or_leaves_the_old_one(void **state)
{
    char *folder = scratch_make(), *path = scratch_path(folder, "out.txt");
    struct answers_seen seen;
    struct stat st;

    (void)state;
    const mode_t old = umask(022);
    answers_run(exported, WORDS("zone", "export", "a", path), false, &seen);
    umask(old);
    assert_string_equal(seen.out, "a. exported: serial 1, 2 names, 2 records\n");
    assert_string_equal(seen.request, "{\"cmd\":\"zone export\",\"args\":[\"a\"]}\n");
    answers_finish(&seen);
    char *text = scratch_read(path);
    assert_string_equal(text, "@ SOA\nwww A\n");
    mem_free(text);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);

    answers_run("{\"part\":\"half\"}\n", WORDS("zone", "export", "a", path), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_LOST);
    answers_finish(&seen);
    text = scratch_read(path);
    assert_string_equal(text, "@ SOA\nwww A\n");
    mem_free(text);
    assert_int_equal(count_files(folder), 1);
    mem_free(path);
    scratch_remove(folder);
}

static void a_file_that_can_not_be_made_is_an_error(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(exported, WORDS("zone", "export", "a", "/no/such/folder/out"), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_REFUSED);
    assert_string_equal(seen.err, "suanyu: /no/such/folder/out: No such file or directory\n");
    answers_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_a_table),
        cmocka_unit_test(an_import_sends_the_absolute_path),
        cmocka_unit_test(a_file_that_is_not_there_is_not_asked_about),
        cmocka_unit_test(a_journal_is_one_line),
        cmocka_unit_test(catalogs_are_a_column_where_there_are_any),
        cmocka_unit_test(a_zone_joins_and_leaves_a_catalog),
        cmocka_unit_test(a_check_needs_no_file),
        cmocka_unit_test(an_export_goes_to_standard_output),
        cmocka_unit_test(an_export_makes_its_file_whole_or_leaves_the_old_one),
        cmocka_unit_test(a_file_that_can_not_be_made_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
