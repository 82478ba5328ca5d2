#include "server/xfr_past.h"
#include "server/keeper_file.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "server/held.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MAP = 64 << 20, NOW_S = 1700000000, LARGE = 60000, LARGE_SETS = 20 };

/* A keeper of the zone "t.", and the writer whose thread it belongs to while that has something to do. */
static char *folder;
static struct zone_store *store;
static struct world_handle handle;
static struct stat_registry *registry;
static struct clock_fake wall;
static struct keeper *keeper;
static struct writer *writer;
static struct xfr_past_source source;

static void on_error(void *context, const struct err_at *at)
{
    (void)context;
    print_error("%u:%u %s\n", at->line, at->column, at->text);
}

static const struct keeper_report report = {on_error, NULL};

static int apply(const char *zones)
{
    char *path = scratch_path(folder, "suanyud.yaml");
    char *text = mem_print("control:\n  socket: sock\nstore:\n  path: store\nzones:%s\n", zones);
    struct server_conf *conf = NULL;
    struct err_at at;
    assert_int_equal(server_conf_parse(path, text, strlen(text), &conf, &at), 0);
    int err = keeper_apply(keeper, conf, &report);
    server_conf_free(conf);
    mem_free(text);
    mem_free(path);
    return err;
}

#define ZONE "\n  - {name: t, file: t.zone}"

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    folder = scratch_make();
    char *path = scratch_path(folder, "store"), *file = scratch_path(folder, "t.zone");
    scratch_write(file, "$TTL 300\n@ SOA m r 100 1 1 1 1\n@ NS ns\ntext TXT old\n");
    assert_int_equal(zone_store_open(path, MAP, &store), 0);
    handle = (struct world_handle){.key = zones_key};
    clock_fake_init(&wall, NOW_S);
    registry = stat_registry_create();
    keeper = keeper_create(store, &handle, &wall.clock, stat_registry_add(registry));
    assert_int_equal(apply(ZONE), 0);
    assert_int_equal(writer_create(&writer), 0);
    xfr_past_source_init(&source, writer, keeper, store);
    mem_free(path);
    mem_free(file);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    xfr_past_source_stop(&source);
    writer_destroy(writer);
    xfr_past_source_finish(&source);
    keeper_destroy(keeper);
    world_finish(&handle);
    zones_settle();
    stat_registry_destroy(registry);
    zone_store_close(store);
    scratch_remove(folder);
    rcu_leave();
    return 0;
}

/* Something that one thread waits for. */
struct event {
    pthread_mutex_t lock;
    pthread_cond_t happened;
    bool has;
};

#define EVENT                                                                                      \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false                                 \
    }

static void tell(struct event *event)
{
    pthread_mutex_lock(&event->lock);
    event->has = true;
    pthread_cond_signal(&event->happened);
    pthread_mutex_unlock(&event->lock);
}

static void await(struct event *event)
{
    rcu_offline();
    pthread_mutex_lock(&event->lock);
    while (!event->has) {
        pthread_cond_wait(&event->happened, &event->lock);
    }
    pthread_mutex_unlock(&event->lock);
    rcu_online();
}

/* A transfer that waits. */
struct asking {
    struct xfr_past past; /* first */
    struct event ready;
};

static void on_ready(struct xfr_past *past)
{
    tell(&((struct asking *)(void *)past)->ready);
}

static void begin(struct asking *asking, uint32_t serial)
{
    *asking = (struct asking){.ready = EVENT};
    asking->past.source = &source;
    asking->past.on_ready = on_ready;
    asking->past.name = (const uint8_t *)"\1t";
    asking->past.serial = serial;
    xfr_past_begin(&asking->past);
}

static void ask(struct asking *asking, uint32_t serial)
{
    begin(asking, serial);
    await(&asking->ready);
}

/* One update's commit; nobody else has the keeper meanwhile. */
static void commit(const char *remove, const char *add)
{
    struct held *held = keeper_find(keeper, zones_name("t."));
    if (remove) {
        zones_remove(held_edit(held), remove);
    }
    zones_add(held_edit(held), add);
    assert_int_equal(keeper_commit(keeper), 0);
}

static void commit_large(unsigned number)
{
    static uint8_t rdata[LARGE];
    struct held *held = keeper_find(keeper, zones_name("t."));
    char name[20];
    (void)snprintf(name, sizeof(name), "l%u.t.", number);
    memset(rdata, (int)number, sizeof(rdata));
    assert_int_equal(
        zone_edit_add(held_edit(held), zones_name(name), 4711, 60, rdata, sizeof(rdata)), 0);
    assert_int_equal(keeper_commit(keeper), 0);
}

static unsigned count(const struct zone_history *history, bool added)
{
    struct zone_history_cursor cursor = zone_history_begin(history, added);
    struct zone_diff_record record;
    unsigned number = 0;
    while (zone_history_next(&cursor, &record)) {
        number++;
    }
    return number;
}

static void what_was_missed_is_condensed(void **state)
{
    struct asking asking;
    (void)state;
    commit("text TXT old\n", "text TXT one\n");
    commit("text TXT one\n", "text TXT two\nnew A 192.0.2.1\n");
    ask(&asking, 100);
    struct zone *zone = asking.past.zone;
    assert_ptr_equal(zone, keeper_find(keeper, zones_name("t."))->zone);
    assert_int_equal(asking.past.version, zone_version(zone));
    assert_non_null(asking.past.history);
    assert_int_equal(zone_history_serial(asking.past.history), 102);
    assert_int_equal(count(asking.past.history, false), 2); /* with the SOA */
    assert_int_equal(count(asking.past.history, true), 3);
    assert_int_equal(source.octets, zone_history_octets(asking.past.history));
    commit(NULL, "later A 192.0.2.1\n");
    zones_settle();
    assert_int_equal(zone_serial(zone, asking.past.version), 102); /* it stays pinned */
    xfr_past_finish(&asking.past);
    assert_int_equal(source.octets, 0);
    ask(&asking, 102);
    assert_int_equal(count(asking.past.history, true), 2);
    xfr_past_finish(&asking.past);
    xfr_past_finish(&asking.past); /* once more is nothing */
}

static void what_can_not_be_had_is_the_whole_zone(void **state)
{
    static const uint32_t serials[] = {0, 99, 104, 0x80000000u}; /* 104: it is up to date */
    struct asking asking;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        commit(NULL, "text TXT more\n");
        commit("text TXT more\n", "other TXT x\n");
    }
    for (size_t i = 0; i < COUNT(serials); i++) {
        ask(&asking, serials[i]);
        assert_non_null(asking.past.zone);
        assert_null(asking.past.history);
        assert_int_equal(zone_serial(asking.past.zone, asking.past.version), 104);
        xfr_past_finish(&asking.past);
    }
    assert_int_equal(apply(" []"), 0); /* not held any more */
    ask(&asking, 100);
    assert_null(asking.past.zone);
    assert_null(asking.past.history);
    xfr_past_finish(&asking.past);
}

static void what_is_larger_than_the_zone_is_not_made(void **state)
{
    struct asking asking;
    (void)state;
    commit_large(1);
    ask(&asking, 100);
    assert_non_null(asking.past.history);
    xfr_past_finish(&asking.past);
    struct held *held = keeper_find(keeper, zones_name("t."));
    assert_int_equal(zone_edit_set(held_edit(held), zones_name("l1.t."), 4711, 0, NULL, 0), 0);
    assert_int_equal(keeper_commit(keeper), 0);
    ask(&asking, 101); /* the large record goes */
    assert_null(asking.past.history);
    assert_int_equal(zone_serial(asking.past.zone, asking.past.version), 102);
    xfr_past_finish(&asking.past);
    ask(&asking, 100); /* it came and went: on the way it was too large */
    assert_null(asking.past.history);
    xfr_past_finish(&asking.past);
    assert_int_equal(source.octets, 0);
}

static void nobody_works_for_those_who_are_gone(void **state)
{
    struct asking asking;
    (void)state;
    commit("text TXT old\n", "text TXT one\n");
    asking = (struct asking){.ready = EVENT};
    asking.past = (struct xfr_past){.source = &source,
                                    .on_ready = on_ready,
                                    .name = (const uint8_t *)"\1t",
                                    .serial = 100,
                                    .is_dropped = true};
    xfr_past_begin(&asking.past);
    await(&asking.ready);
    assert_null(asking.past.zone);
    assert_null(asking.past.history);
    xfr_past_source_stop(&source);
    ask(&asking, 100);
    assert_null(asking.past.zone);
    xfr_past_finish(&asking.past);
}

/* A job that lets the writer wait, and one that does something in between. */
struct step {
    struct writer_job job; /* first */
    void (*act)(void);     /* NULL: wait for go */
    struct event go, done;
};

static void run_step(struct writer_job *job)
{
    struct step *step = (struct step *)(void *)job;
    if (step->act) {
        step->act();
    } else {
        pthread_mutex_lock(&step->go.lock);
        while (!step->go.has) {
            pthread_cond_wait(&step->go.happened, &step->go.lock);
        }
        pthread_mutex_unlock(&step->go.lock);
    }
    tell(&step->done);
}

/* Several pasts of more than one slice, and something that happens between their first slices and the
 * rest. */
static void ask_around(struct asking *askings, size_t count_, void (*act)(void))
{
    struct step hold = {.job.run = run_step, .go = EVENT, .done = EVENT};
    struct step between = {.job.run = run_step, .act = act, .go = EVENT, .done = EVENT};
    for (unsigned i = 0; i < LARGE_SETS + 4; i++) {
        commit_large(i); /* together more octets than a slice reads */
    }
    writer_post(writer, &hold.job);
    for (size_t i = 0; i < count_; i++) {
        begin(&askings[i], 104); /* the zone is larger than the rest */
    }
    writer_post(writer, &between.job);
    tell(&hold.go);
    await(&between.done);
    for (size_t i = 0; i < count_; i++) {
        await(&askings[i].ready);
    }
    await(&hold.done);
}

static void do_nothing(void)
{
}

static void several_take_turns(void **state)
{
    struct asking askings[5];
    (void)state;
    ask_around(askings, COUNT(askings), do_nothing);
    for (size_t i = 0; i < COUNT(askings); i++) {
        assert_non_null(askings[i].past.history);
        assert_int_equal(count(askings[i].past.history, true), LARGE_SETS + 1);
    }
    for (size_t i = 0; i < COUNT(askings); i++) {
        xfr_past_finish(&askings[i].past);
    }
    assert_int_equal(source.octets, 0);
}

static void trim_all(void)
{
    struct held *held = keeper_find(keeper, (const uint8_t *)"\1t");
    held->keep.octets_max = 0;
    for (bool more = true; more;) {
        assert_int_equal(keeper_checkpoint(keeper, &more), 0);
    }
}

static void import_all(void)
{
    char *file = scratch_path(folder, "t.zone");
    struct held *held = keeper_find(keeper, (const uint8_t *)"\1t");
    held->keep.octets_max = 0; /* as a whole */
    assert_int_equal(keeper_import(keeper, (const uint8_t *)"\1t", file, &report), 0);
    mem_free(file);
}

static void drop_all(void)
{
    assert_int_equal(apply(" []"), 0);
}

static void change_more(void)
{
    struct held *held = keeper_find(keeper, (const uint8_t *)"\1t");
    assert_int_equal(zone_edit_add(held_edit(held), (const uint8_t *)"\1z\1t", 4711, 60,
                                   (const uint8_t *)"z", 1),
                     0);
    assert_int_equal(keeper_commit(keeper), 0);
}

static void what_happens_meanwhile_does_no_harm(void **state)
{
    static const struct {
        const char *label;
        void (*act)(void);
        bool is_made;
    } rows[] = {
        {"a commit", change_more, true},
        {"the journal is trimmed", trim_all, false},
        {"the zone is imported as a whole", import_all, false},
        {"the zone is dropped", drop_all, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct asking asking;
        ask_around(&asking, 1, rows[i].act);
        if ((asking.past.history != NULL) != rows[i].is_made) {
            fail_msg("%s", rows[i].label);
        }
        assert_non_null(asking.past.zone);
        /* the version of the first slice, whole */
        assert_int_equal(zone_serial(asking.past.zone, asking.past.version), 104 + LARGE_SETS);
        zones_settle();
        char *text = zones_print(asking.past.zone, asking.past.version);
        assert_non_null(strstr(text, "l23.t."));
        assert_null(strstr(text, "z.t."));
        mem_free(text);
        xfr_past_finish(&asking.past);
        if (i + 1 < COUNT(rows)) {
            (void)leave(state);
            (void)enter(state);
        }
    }
}

static void a_source_of_nothing_ends(void **state)
{
    struct xfr_past_source none = {.writer = NULL};
    (void)state;
    xfr_past_source_stop(&none);
    xfr_past_source_finish(&none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_missed_is_condensed),
        TEST(what_can_not_be_had_is_the_whole_zone),
        TEST(what_is_larger_than_the_zone_is_not_made),
        TEST(nobody_works_for_those_who_are_gone),
        TEST(several_take_turns),
        TEST(what_happens_meanwhile_does_no_harm),
        cmocka_unit_test(a_source_of_nothing_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
