#include "server/find.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sched/choose/pools_keeper.h"
#include "server/steer_first.h"
#include "tests/lib/asker.h"
#include "tests/lib/heap.h"
#include "tests/lib/zones.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS           1000000ull

static struct asker asker;
static struct zone *zone;
static struct pools_keeper *keeper;

#define APEX "@ SOA m r 7 1 2 3 60\n@ NS ns\n"
#define SOA  "NS t. 10 IN SOA m.t. r.t. 7 1 2 3 60\n"
#define NOW  "1700000000"
/* Under by-load: a.c 54 points for cores, b.d 30. The pool c.d has no address of its own, e.d an old report. */
#define POOLS                                                                                      \
    APEX                                                                                           \
        "c CENTRE . kind=ai op=alpha\nc A 192.0.2.1\nd CENTRE . kind=hpc op=beta\nd A 192.0.2.2\n" \
        "a.c CRES . cpu=100 since=1\na.c CLOAD . obs=" NOW                                         \
        " cpuf=90\na.c A 192.0.2.11\na.c SVCB 1 . port=8443\n"                                     \
        "b.d CRES . cpu=100 since=2\nb.d CLOAD . obs=" NOW " cpuf=50\n"                            \
        "e.d CRES . cpu=100\ne.d CLOAD . obs=1600000000 cpuf=100\n* TXT wild\n"

static void serve(const char *text, struct steer_first *first)
{
    zone = zones_make("t.", text);
    keeper = pools_keeper_attach(zone);
    pools_keeper_build(keeper, zone);
    struct zone *zones[] = {zone_ref(zone)};
    asker_start(&asker, zones, 1);
    query_worker_destroy(asker.worker);
    asker.handle.first = first;
    asker.worker = query_worker_create(&asker.handle, asker.stat, &asker.clock.clock);
    asker.clock.mono = 1000 * MS;
}

static void stop(void)
{
    asker_stop(&asker);
    zone_unref(zone);
}

/* A commit, as the zone's writer makes it. */
static void change(const char *remove, const char *add)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    if (remove) {
        zones_remove(edit, remove);
    }
    if (add) {
        zones_add(edit, add);
    }
    pools_keeper_apply(keeper, edit);
    assert_true(zone_edit_commit(edit));
}

struct row {
    const char *label, *question, *expected;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(asker_ask(&asker, rows[i].question), rows[i].expected) != 0) {
            print_message("case: %s\n", rows[i].label);
        }
        assert_string_equal(asker.text, rows[i].expected);
    }
}

#define NAME                  "cpu-20.by-load.find.t."
#define A(name, ttl, address) "AN " name " " ttl " IN A 192.0.2." address "\n"

static void names_are_answered_by_the_pools_that_fit(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"addresses", NAME " A", "NOERROR aa\n" A(NAME, "10", "11") A(NAME, "10", "2")},
        {"and again, warm", NAME " A", "NOERROR aa\n" A(NAME, "10", "11") A(NAME, "10", "2")},
        {"nobody has any", NAME " AAAA", "NOERROR aa\n" SOA},
        {"services", NAME " SVCB",
         "NOERROR aa\nAN " NAME " 10 IN SVCB 1 a.c.t. port=8443\n"
         "AN " NAME " 10 IN SVCB 2 d.t. ipv4hint=192.0.2.2\n"},
        {"a port", NAME " SRV", "NOERROR aa\nAN " NAME " 10 IN SRV 1 91 8443 a.c.t.\n"},
        {"names", NAME " PTR",
         "NOERROR aa\nAN " NAME " 10 IN PTR a.c.t.\nAN " NAME " 10 IN PTR b.d.t.\n"},
        {"another type", NAME " MX", "NOERROR aa\n" SOA},
        {"the name itself", "find.t. A", "NOERROR aa\n" SOA},
        {"any, by UDP", NAME " ANY", "NOERROR aa\nAN " NAME " 10 IN HINFO \"RFC8482\" \"\"\n"},
        {"any, by TCP", NAME " ANY tcp",
         "NOERROR aa\nAN " NAME " 10 IN PTR a.c.t.\nAN " NAME " 10 IN PTR b.d.t.\n"},
        {"no requirement", "frob-1.find.t. A", "NXDOMAIN aa\n" SOA},
        {"nor of another type", "frob-1.find.t. MX", "NXDOMAIN aa\n" SOA},
        {"below another name", "find.c.t. A",
         "NXDOMAIN aa\nNS t. 60 IN SOA m.t. r.t. 7 1 2 3 60\n"},
        {"a name that begins alike", "xfind.t. TXT",
         "NOERROR aa\nAN xfind.t. 300 IN TXT \"wild\"\n"},
    };
    serve(POOLS, NULL);
    check_rows(rows, COUNT(rows));
    stop();
}

static void one_requirement_is_ranked_once(void **state)
{
    (void)state;
    serve(POOLS, NULL);
    asker_ask(&asker, "cpu-20.by-load.find.t. A");
    asker_ask(&asker, "by-load.cpu-20.find.t. A");
    asker_ask(&asker, "BY-load.CPU-20.fInd.t. A");
    asker_ask(&asker, "by-load.cpu-20.find.t. A");
    assert_int_equal(asker_count(&asker, STAT_find_miss), 1);
    assert_int_equal(asker_count(&asker, STAT_find_hit), 3);
    asker_ask(&asker, "by-load.cpu-20.find.t. PTR");
    assert_int_equal(asker_count(&asker, STAT_find_miss), 2);
    asker_configure(&asker); /* another world */
    asker_ask(&asker, "by-load.cpu-20.find.t. PTR");
    assert_int_equal(asker_count(&asker, STAT_find_miss), 3);
    asker_ask(&asker, "frob-1.find.t. A");
    assert_int_equal(asker_count(&asker, STAT_find_bad), 1);
    asker_ask(&asker, "cpu-1000.find.t. A");
    assert_int_equal(asker_count(&asker, STAT_find_nofit), 1);
    stop();
}

static void changes_are_seen_at_once_and_then_by_turns(void **state)
{
    (void)state;
    serve(POOLS, NULL);
    asker_ask(&asker, NAME " A");
    asker.clock.mono += 1000 * MS;
    unsigned ranked = 0;
    for (unsigned i = 1; i <= 500; i++) { /* a change and a query each 100 us: 50 ms */
        char before[64], after[64];
        snprintf(before, sizeof(before), "b.d CLOAD . obs=" NOW " cpuf=%u", 49 + i % 2);
        snprintf(after, sizeof(after), "b.d CLOAD . obs=" NOW " cpuf=%u", 50 - i % 2);
        change(i == 1 ? "b.d CLOAD . obs=" NOW " cpuf=50" : before, after);
        asker_ask(&asker, NAME " A");
        uint64_t stale = asker_count(&asker, STAT_find_stale);
        if (i <= 9) {
            assert_int_equal(stale, i);
        }
        ranked = (unsigned)stale;
        asker.clock.mono += MS / 10;
    }
    assert_in_range(ranked, 13, 16); /* ten at once, then one each 10 ms */
    asker.clock.mono += 10 * MS;
    change(NULL, "c TXT x");
    asker_ask(&asker, NAME " A");
    assert_int_equal(asker_count(&asker, STAT_find_stale), ranked + 1);
    stop();
}

static void answers_end_when_their_data_do(void **state)
{
    (void)state;
    serve(POOLS, NULL);
    asker.clock.wall = 1700000000 + 55;
    assert_string_equal(asker_ask(&asker, NAME " A"),
                        "NOERROR aa\n" A(NAME, "6", "11") A(NAME, "6", "2"));
    asker.clock.wall += 5;
    assert_string_equal(asker_ask(&asker, NAME " A"),
                        "NOERROR aa\n" A(NAME, "1", "11") A(NAME, "1", "2"));
    asker.clock.wall += 1;
    assert_string_equal(asker_ask(&asker, NAME " A edns=1232"),
                        "NOERROR aa\n" SOA
                        "OPT 1232 0000 15:0000302f3320706f6f6c733a2033207374616c65\n");
    assert_int_equal(asker_count(&asker, STAT_find_stale), 1);
    stop();
}

/* 0/3 pools: 3 lack acc=x */
static void extended_errors_say_why(void **state)
{
    (void)state;
    serve(POOLS, NULL);
    asker_ask(&asker, "acc-x.find.t. A edns=1232");
    assert_non_null(strstr(asker.text, " 15:0000"));
    assert_non_null(strstr(asker.text, "302f3320706f6f6c73")); /* 0/3 pools */
    asker_ask(&asker, "frob-1.cpu-1.find.t. A edns=1232");
    assert_non_null(strstr(asker.text, " 15:0000"));
    assert_non_null(strstr(asker.text, "66726f622d31")); /* frob-1 */
    stop();
}

#define TWO_FULL                                                                                   \
    "302f3320706f6f6c733a20322066756c6c2c2031207374616c65" /* 0/3 pools: 2 full, 1 stale */
#define THREE_STALE "302f3320706f6f6c733a2033207374616c65" /* 0/3 pools: 3 stale */

static void reasons_are_those_of_now(void **state)
{
    (void)state;
    serve(POOLS, NULL);
    asker.clock.wall = 1700000000 + 58;
    assert_non_null(strstr(asker_ask(&asker, "cpu-95.find.t. A edns=1232"), TWO_FULL));
    asker.clock.wall += 2;
    assert_non_null(strstr(asker_ask(&asker, "cpu-95.find.t. A edns=1232"), TWO_FULL));
    asker.clock.wall += 1; /* the reports are too old, and nothing changes in the zone */
    assert_non_null(strstr(asker_ask(&asker, "cpu-95.find.t. A edns=1232"), THREE_STALE));
    assert_int_equal(asker_count(&asker, STAT_find_hit), 1);
    stop();
}

static void ages_are_told_that_are_10_s_old_at_most(void **state)
{
    static const char asked[] = "cpu-20.by-load.top-1.find.t. TXT tcp";
    (void)state;
    serve(POOLS, NULL);
    asker.clock.wall = 1700000000 + 20;
    assert_non_null(strstr(asker_ask(&asker, asked), "e.d stale: 100000020 s"));
    asker.clock.wall += 9;
    assert_non_null(strstr(asker_ask(&asker, asked), "e.d stale: 100000020 s"));
    asker.clock.wall += 1;
    assert_non_null(strstr(asker_ask(&asker, asked), "e.d stale: 100000030 s"));
    stop();
}

#define FULL "NOERROR aa tc\n"

static void there_is_an_end_to_rankings(void **state)
{
    (void)state;
    serve(POOLS "svc CPOL . need=cpu-20\nsvc A 192.0.2.9\n", NULL);
    asker.options.find_share = 0; /* nobody may say so, but so it is at once */
    asker_configure(&asker);
    assert_string_equal(asker_ask(&asker, NAME " A"), FULL);
    asker_ask(&asker, NAME " A tcp edns=1232");
    assert_memory_equal(asker.text, "SERVFAIL", 8);
    assert_int_equal(asker_count(&asker, STAT_find_limited), 2);
    assert_string_equal(asker_ask(&asker, "svc.t. A"), FULL);
    assert_string_equal(asker_ask(&asker, "svc.t. A tcp"), "NOERROR aa\n" A("svc.t.", "300", "9"));
    asker_ask(&asker, "svc.t. PTR tcp");
    assert_memory_equal(asker.text, "SERVFAIL", 8);
    asker.options.find_share = 1;
    asker.clock.mono += 1000 * MS;
    asker_configure(&asker);
    assert_string_equal(asker_ask(&asker, NAME " A"),
                        "NOERROR aa\n" A(NAME, "10", "11") A(NAME, "10", "2"));
    stop();
}

/* A clock on which everything takes long. */
static uint64_t slow_ns(const struct clock *clock)
{
    (void)clock;
    asker.clock.mono += MS;
    return asker.clock.mono;
}

/* Rankings of what is warm, each of a millisecond or two while the zone changes all the time, do not keep new ones from being made. */
static void what_is_warm_leaves_time_for_what_is_new(void **state)
{
    (void)state;
    serve(POOLS, NULL);
    asker.options.find_share = 3;
    asker_configure(&asker);
    asker_ask(&asker, NAME " A");
    asker.clock.mono += 10000 * MS;
    asker.clock.clock.mono_ns = slow_ns;
    for (unsigned i = 0; i < 40; i++) {
        char before[64], after[64];
        snprintf(before, sizeof(before), "b.d CLOAD . obs=" NOW " cpuf=%u", 50 - i);
        snprintf(after, sizeof(after), "b.d CLOAD . obs=" NOW " cpuf=%u", 49 - i);
        change(before, after);
        asker.clock.mono += 10 * MS;
        asker_ask(&asker, NAME " A");
    }
    assert_in_range(asker_count(&asker, STAT_find_stale), 1, 20);
    assert_in_range(asker_count(&asker, STAT_find_old), 1, 40);
    assert_int_equal(asker_count(&asker, STAT_find_miss), 1);
    asker_ask(&asker, "cpu-1.by-load.find.t. A");
    assert_int_equal(asker_count(&asker, STAT_find_miss), 2);
    assert_int_equal(asker_count(&asker, STAT_find_limited), 0);
    stop();
}

static void a_table_that_is_not_made_yet_is_no_answer(void **state)
{
    (void)state;
    zone = zones_make("t.", POOLS
                      "svc CPOL . top=1\nold CPOL . top=1\nold A 192.0.2.9\nx.find A 192.0.2.8\n");
    keeper = pools_keeper_attach(zone);
    struct zone *zones[] = {zone_ref(zone)};
    asker_start(&asker, zones, 1);
    static const struct row rows[] = {
        {"a name", NAME " A", "SERVFAIL aa\n"},
        {"a service", "svc.t. A", "SERVFAIL aa\n"},
        {"with a fall-back", "old.t. A", "NOERROR aa\n" A("old.t.", "300", "9")},
        {"anything else", "c.t. A", "NOERROR aa\n" A("c.t.", "300", "1")},
        {"a name that is there", "x.find.t. A", "NOERROR aa\n" A("x.find.t.", "300", "8")},
        {"and what is above it", "find.t. A", "NOERROR aa\nNS t. 60 IN SOA m.t. r.t. 7 1 2 3 60\n"},
    };
    check_rows(rows, COUNT(rows));
    stop();
}

static void zones_without_centres_have_no_find(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a name of its own", "find.t. A", "NOERROR aa\n" A("find.t.", "300", "7")},
        {"a wildcard", "cpu-1.find.t. A", "NOERROR aa\n" A("cpu-1.find.t.", "300", "8")},
    };
    serve(APEX "find A 192.0.2.7\n*.find A 192.0.2.8\n", NULL);
    check_rows(rows, COUNT(rows));
    stop();
    static const struct row with_centre[] = {
        {"computed", "find.t. A", "NOERROR aa\n" SOA},
    };
    serve(APEX "c CENTRE . kind=ai\nfind A 192.0.2.7\n*.find A 192.0.2.8\n", NULL);
    check_rows(with_centre, COUNT(with_centre));
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits); /* the last centre goes */
    zones_remove(edit, "c CENTRE . kind=ai\n");
    pools_keeper_apply(keeper, edit);
    zone_edit_commit(edit);
    check_rows(rows, COUNT(rows));
    stop();
}

static void aliases_lead_to_computed_names(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a name", "n.t. A",
         "NOERROR aa\nAN n.t. 300 IN CNAME " NAME "\n" A(NAME, "10", "11") A(NAME, "10", "2")},
        {"of services", "n.t. SVCB",
         "NOERROR aa\nAN n.t. 300 IN CNAME " NAME "\nAN " NAME " 10 IN SVCB 1 a.c.t. port=8443\n"
         "AN " NAME " 10 IN SVCB 2 d.t. ipv4hint=192.0.2.2\n"},
        {"no requirement", "bad.t. A", "NXDOMAIN aa\nAN bad.t. 300 IN CNAME frob-1.find.t.\n" SOA},
        {"a service", "s.t. A",
         "NOERROR aa\nAN s.t. 300 IN CNAME svc.t.\n" A("svc.t.", "10", "11")},
    };
    serve(POOLS "n CNAME cpu-20.by-load.find\nbad CNAME frob-1.find\ns CNAME svc\n"
                "svc CPOL . by=load:1 need=cpu-20 top=1\n",
          NULL);
    check_rows(rows, COUNT(rows));
    stop();
}

static void services_are_answered_by_their_policy(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"by load", "svc.t. A", "NOERROR aa\n" A("svc.t.", "10", "11") A("svc.t.", "10", "2")},
        {"no more than top", "one.t. A", "NOERROR aa\n" A("one.t.", "10", "11")},
        {"fall-back unused", "back.t. A", "NOERROR aa\n" A("back.t.", "10", "11")},
        {"fall-back", "none.t. A", "NOERROR aa\n" A("none.t.", "300", "9")},
        {"nothing fits", "none.t. AAAA", "NOERROR aa\n" SOA},
        {"members", "mem.t. A", "NOERROR aa\n" A("mem.t.", "10", "2")},
        {"and their names", "mem.t. PTR", "NOERROR aa\nAN mem.t. 300 IN PTR b.d.t.\n"},
        {"by wildcard", "x.w.t. A", "NOERROR aa\n" A("x.w.t.", "10", "11")},
        {"its own text", "one.t. TXT", "NOERROR aa\nAN one.t. 300 IN TXT \"mine\"\n"},
        {"its policy", "one.t. CPOL",
         "NOERROR aa\nAN one.t. 300 IN CPOL . need=\"cpu-20\" top=1\n"},
        {"everything", "one.t. ANY tcp",
         "NOERROR aa\nAN one.t. 300 IN TXT \"mine\"\nAN one.t. 300 IN CPOL . need=\"cpu-20\" "
         "top=1\n"},
        {"another type", "svc.t. MX", "NOERROR aa\nNS t. 60 IN SOA m.t. r.t. 7 1 2 3 60\n"},
        {"no requirement", "bad.t. A", "SERVFAIL aa\n"},
        {"with a fall-back", "worse.t. A", "NOERROR aa\n" A("worse.t.", "300", "9")},
        {"for addresses alone", "worse.t. AAAA", "SERVFAIL aa\n"},
        {"the first group", "grp.t. A", "NOERROR aa\n" A("grp.t.", "10", "2")},
    };
    serve(POOLS
          "svc CPOL . by=load:1 need=cpu-20\none CPOL . need=cpu-20 top=1\none TXT mine\n"
          "back CPOL . need=cpu-60\nback A 192.0.2.9\nnone CPOL . need=cpu-99\nnone A 192.0.2.9\n"
          "mem CPOL . top=4\nmem PTR b.d\n*.w CPOL . need=cpu-20 top=1\nbad CPOL . need=frob-1\n"
          "worse CPOL . need=frob-1\nworse A 192.0.2.9\n"
          "grp CPOL . need=cpu-20 order=beta,ai\n",
          NULL);
    check_rows(rows, COUNT(rows));
    stop();
}

/* Their addresses are the fall-back, which is not for who does not ask them. */
static void services_bring_no_additional_addresses(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"the target of a SRV", "srv.t. SRV", "NOERROR aa\nAN srv.t. 300 IN SRV 1 1 443 svc.t.\n"},
        {"one of two", "mx.t. MX",
         "NOERROR aa\nAN mx.t. 300 IN MX 1 c.t.\nAN mx.t. 300 IN MX 2 svc.t.\n"
         "AR c.t. 300 IN A 192.0.2.1\n"},
        {"itself", "svc.t. HTTPS", "NOERROR aa\nAN svc.t. 300 IN HTTPS 1 . port=8443\n"},
        {"another name itself", "own.t. HTTPS",
         "NOERROR aa\nAN own.t. 300 IN HTTPS 1 . port=8443\nAR own.t. 300 IN A 192.0.2.8\n"},
    };
    serve(POOLS "svc CPOL . need=cpu-20\nsvc A 192.0.2.9\nsvc HTTPS 1 . port=8443\n"
                "srv SRV 1 1 443 svc\nmx MX 1 c\nmx MX 2 svc\n"
                "own HTTPS 1 . port=8443\nown A 192.0.2.8\n",
          NULL);
    check_rows(rows, COUNT(rows));
    stop();
}

static void services_of_other_zones_are_plain_names(void **state)
{
    (void)state;
    zone = zones_make("t.", POOLS "svc CPOL . top=1\nsvc A 192.0.2.9\n");
    struct zone *zones[] = {zone};
    asker_start(&asker, zones, 1);
    assert_string_equal(asker_ask(&asker, "svc.t. A"), "NOERROR aa\n" A("svc.t.", "300", "9"));
    asker_stop(&asker);
}

static void equals_take_turns(void **state)
{
    (void)state;
    unsigned first[3] = {0};
    serve(APEX "c CENTRE . kind=ai\np1.c CRES . cpu=6 since=1\np1.c CLOAD . obs=" NOW " cpuf=5\n"
               "p2.c CRES . cpu=6 since=1\np2.c CLOAD . obs=" NOW " cpuf=2\n"
               "p3.c CRES . cpu=6 since=1\np3.c CLOAD . obs=" NOW " cpuf=0\n"
               "p1.c A 192.0.2.1\np2.c A 192.0.2.2\np3.c A 192.0.2.3\n",
          NULL);
    for (unsigned i = 0; i < 1000; i++) {
        asker_ask(&asker, "by-fcfs.find.t. A");
        const char *address = strstr(asker.text, "192.0.2.");
        assert_non_null(address);
        first[address[8] - '1']++;
    }
    assert_int_equal(first[0], 600);
    assert_int_equal(first[1], 300);
    assert_int_equal(first[2], 100);
    stop();
}

static void a_sticky_service_keeps_its_first_choice(void **state)
{
    (void)state;
    struct steer_first *first = steer_first_create(64);
    serve(POOLS "svc CPOL . by=load:1 need=cpu-20 sticky=30\n", first);
    static const struct row before[] = {
        {"first", "svc.t. A", "NOERROR aa\n" A("svc.t.", "30", "11") A("svc.t.", "30", "2")},
    };
    static const struct row kept[] = {
        {"kept", "svc.t. A", "NOERROR aa\n" A("svc.t.", "20", "11") A("svc.t.", "20", "2")},
        {"for all types", "svc.t. PTR",
         "NOERROR aa\nAN svc.t. 20 IN PTR a.c.t.\nAN svc.t. 20 IN PTR b.d.t.\n"},
    };
    static const struct row later[] = {
        {"later", "svc.t. A", "NOERROR aa\n" A("svc.t.", "30", "2") A("svc.t.", "30", "11")},
    };
    static const struct row full[] = {
        {"full", "svc.t. A", "NOERROR aa\n" A("svc.t.", "29", "11")},
    };
    check_rows(before, COUNT(before));
    asker.clock.wall += 10;
    change("a.c CLOAD . obs=" NOW " cpuf=90", "a.c CLOAD . obs=" NOW " cpuf=40");
    check_rows(kept, COUNT(kept));
    asker.clock.wall += 20;
    check_rows(later, COUNT(later));
    asker.clock.wall += 2;
    change("b.d CLOAD . obs=" NOW " cpuf=50", "b.d CLOAD . obs=" NOW " cpuf=1");
    check_rows(full, COUNT(full));
    stop();
    steer_first_destroy(first);
}

/* An import or a whole transfer brings another zone of the same name. */
static void a_first_choice_outlives_its_zone(void **state)
{
    (void)state;
    struct steer_first *first = steer_first_create(64);
    serve(POOLS "svc CPOL . by=load:1 need=cpu-20 sticky=30 top=1\n", first);
    assert_string_equal(asker_ask(&asker, "svc.t. A"), "NOERROR aa\n" A("svc.t.", "30", "11"));
    struct zone *before = zone; /* so that the next one is elsewhere */
    asker_stop(&asker);
    serve(APEX "c CENTRE . kind=ai\na.c CRES . cpu=100\na.c CLOAD . obs=" NOW
               " cpuf=40\na.c A 192.0.2.11\nb.c CRES . cpu=100\nb.c CLOAD . obs=" NOW
               " cpuf=50\nb.c A 192.0.2.2\nsvc CPOL . by=load:1 need=cpu-20 sticky=30 top=1\n",
          first);
    assert_string_equal(asker_ask(&asker, "svc.t. A"), "NOERROR aa\n" A("svc.t.", "30", "11"));
    stop();
    zone_unref(before);
    steer_first_destroy(first);
}

/* Also when it is not among the best any more. */
static void a_first_choice_beyond_the_others_is_kept(void **state)
{
    (void)state;
    struct steer_first *first = steer_first_create(64);
    serve(POOLS "svc CPOL . by=load:1 need=cpu-20 sticky=30 top=1\n", first);
    assert_string_equal(asker_ask(&asker, "svc.t. A"), "NOERROR aa\n" A("svc.t.", "30", "11"));
    change("a.c CLOAD . obs=" NOW " cpuf=90", "a.c CLOAD . obs=" NOW " cpuf=40");
    assert_string_equal(asker_ask(&asker, "svc.t. A"), "NOERROR aa\n" A("svc.t.", "30", "11"));
    change("a.c CLOAD . obs=" NOW " cpuf=40", "a.c CLOAD . obs=" NOW " cpuf=1");
    assert_string_equal(asker_ask(&asker, "svc.t. A"), "NOERROR aa\n" A("svc.t.", "30", "2"));
    stop();
    steer_first_destroy(first);
}

/* A hundred thousand requirements, half of them bad: memory stays as it is. */
static void a_flood_takes_no_memory(void **state)
{
    (void)state;
    serve(POOLS, NULL);
    asker_ask(&asker, NAME " A");
    size_t heap = heap_used();
    for (unsigned i = 0; i < 100000; i++) {
        char question[80];
        snprintf(question, sizeof(question), "%s-%u.find.t. A", i % 2 ? "cpu-ge" : "frob", i);
        asker_write(&asker, question);
        assert_true(asker_send(&asker, asker.message, asker.message_len) > 0);
    }
    assert_int_equal(asker_count(&asker, STAT_find_bad), 50000);
    assert_int_equal(asker_count(&asker, STAT_find_miss), 50001);
    assert_true(heap_used() <= heap + 100000);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_answered_by_the_pools_that_fit),
        cmocka_unit_test(one_requirement_is_ranked_once),
        cmocka_unit_test(changes_are_seen_at_once_and_then_by_turns),
        cmocka_unit_test(answers_end_when_their_data_do),
        cmocka_unit_test(extended_errors_say_why),
        cmocka_unit_test(reasons_are_those_of_now),
        cmocka_unit_test(ages_are_told_that_are_10_s_old_at_most),
        cmocka_unit_test(there_is_an_end_to_rankings),
        cmocka_unit_test(what_is_warm_leaves_time_for_what_is_new),
        cmocka_unit_test(a_table_that_is_not_made_yet_is_no_answer),
        cmocka_unit_test(zones_without_centres_have_no_find),
        cmocka_unit_test(aliases_lead_to_computed_names),
        cmocka_unit_test(services_are_answered_by_their_policy),
        cmocka_unit_test(services_bring_no_additional_addresses),
        cmocka_unit_test(services_of_other_zones_are_plain_names),
        cmocka_unit_test(equals_take_turns),
        cmocka_unit_test(a_sticky_service_keeps_its_first_choice),
        cmocka_unit_test(a_first_choice_outlives_its_zone),
        cmocka_unit_test(a_first_choice_beyond_the_others_is_kept),
        cmocka_unit_test(a_flood_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, zones_enter, zones_leave);
}
