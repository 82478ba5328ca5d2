#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/rcu.h"
#include "server/world.h"
#include "tests/lib/heap.h"
#include "tests/lib/zones.h"

static struct zone_set *make_set(const char *name, const char *text)
{
    struct zone *zone = zones_make(name, text);
    struct zone_set *set = zone_set_create(&zone, 1, &zones_key);
    zone_unref(zone);
    return set;
}

static void a_published_world_is_what_readers_take(void **state)
{
    (void)state;
    char identity[] = "one", version[] = "two";
    struct world_handle handle = {.key = zones_key};
    struct world_options options = {
        .udp_payload = 1232, .cookies = true, .identity = identity, .version = version};
    struct zone_set *set = make_set("t.", "a TXT x\n");
    world_publish(&handle, &options, set, NULL);
    memset(identity, 'x', 3); /* the texts were copied */
    memset(version, 'x', 3);
    const struct world *world = rcu_read(handle.now);
    assert_string_equal(world->options.identity, "one");
    assert_string_equal(world->options.version, "two");
    assert_int_equal(world->options.udp_payload, 1232);
    assert_ptr_equal(world->zones, set);
    assert_memory_equal(&world->zones_key, &zones_key, sizeof(zones_key));
    world_finish(&handle);
    assert_null(handle.now);
    world_finish(&handle); /* nothing is left */
}

static void a_world_without_texts_has_none(void **state)
{
    (void)state;
    struct world_handle handle = {.key = zones_key};
    struct world_options options = {0};
    world_publish(&handle, &options, zone_set_create(NULL, 0, &zones_key), NULL);
    assert_null(handle.now->options.identity);
    assert_null(handle.now->options.version);
    world_finish(&handle);
}

static void an_old_world_stays_until_its_readers_have_passed(void **state)
{
    (void)state;
    struct world_handle handle = {.key = zones_key};
    struct world_options first = {.identity = "first"}, second = {.identity = "second"};
    world_publish(&handle, &first, make_set("t.", "a TXT x\n"), NULL);
    const struct world *old = rcu_read(handle.now);
    world_publish(&handle, &second, make_set("u.", "a TXT x\n"), NULL);
    assert_string_equal(old->options.identity, "first");
    assert_non_null(zone_set_get(old->zones, zones_name("t.")));
    assert_string_equal(rcu_read(handle.now)->options.identity, "second");
    assert_null(zone_set_get(rcu_read(handle.now)->zones, zones_name("t.")));
    world_finish(&handle);
}

static void a_world_that_is_shared_lives_on_without_the_handle(void **state)
{
    (void)state;
    struct world_handle handle = {.key = zones_key};
    struct world_options options = {.identity = "kept"};
    world_publish(&handle, &options, make_set("t.", "a TXT x\n"), NULL);
    struct world *mine = world_ref(rcu_read(handle.now));
    world_finish(&handle);
    zones_settle();
    assert_string_equal(mine->options.identity, "kept");
    assert_non_null(zone_set_get(mine->zones, zones_name("t.")));
    world_unref(mine);
}

enum { ROUNDS = 2000, LARGE = 1 << 12, SLACK = 1 << 20 };

static void replaced_worlds_give_their_memory_back(void **state)
{
    (void)state;
    static char identity[LARGE];
    struct world_handle handle = {.key = zones_key};
    struct world_options options = {.identity = identity};
    memset(identity, 'i', LARGE - 1);
    size_t before = heap_used();
    for (unsigned i = 0; i < ROUNDS; i++) {
        world_publish(&handle, &options, zone_set_create(NULL, 0, &zones_key), NULL);
        if (i % 100 == 0) {
            zones_settle();
        }
    }
    zones_settle();
    assert_true(heap_used() < before + SLACK); /* not ROUNDS * LARGE */
    world_finish(&handle);
}

struct race {
    struct world_handle handle;
    bool ended;
    unsigned failed;
};

/* Identity, version and payload of one world belong together. */
static void *read_on(void *context)
{
    struct race *race = context;
    rcu_enter();
    while (!__atomic_load_n(&race->ended, __ATOMIC_ACQUIRE)) {
        const struct world *world = rcu_read(race->handle.now);
        if (world->options.identity[0] != world->options.version[0] ||
            world->options.udp_payload != (uint16_t)world->options.identity[0]) {
            __atomic_add_fetch(&race->failed, 1, __ATOMIC_RELAXED);
        }
        rcu_quiescent();
    }
    rcu_leave();
    return NULL;
}

static void readers_see_one_world_or_another_but_no_mixture(void **state)
{
    (void)state;
    struct race race = {.handle = {.key = zones_key}};
    pthread_t thread;
    for (unsigned i = 0; i < 3000; i++) {
        const char text[2] = {(char)('a' + i % 26), 0};
        struct world_options options = {
            .udp_payload = (uint16_t)text[0], .identity = text, .version = text};
        world_publish(&race.handle, &options, zone_set_create(NULL, 0, &zones_key), NULL);
        if (i == 0) {
            assert_int_equal(pthread_create(&thread, NULL, read_on, &race), 0);
            rcu_offline();
        }
    }
    __atomic_store_n(&race.ended, true, __ATOMIC_RELEASE);
    (void)pthread_join(thread, NULL);
    rcu_online();
    assert_int_equal(race.failed, 0);
    world_finish(&race.handle);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_published_world_is_what_readers_take),
        TEST(a_world_without_texts_has_none),
        TEST(an_old_world_stays_until_its_readers_have_passed),
        TEST(a_world_that_is_shared_lives_on_without_the_handle),
        TEST(replaced_worlds_give_their_memory_back),
        TEST(readers_see_one_world_or_another_but_no_mixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
