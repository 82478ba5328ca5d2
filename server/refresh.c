#include "server/refresh.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "server/refresh_round.h"

enum {
    NS_PER_MS = 1000000,
    LOOK_LEAST_MS = 10,   /* between two looks at all zones */
    LOOK_MOST_MS = 60000, /* the loop's clock stands still in suspend, ours does not */
    MAC_CONTEXTS = 64,
    ADDRESS_LEN = 16,
};

struct refresh {
    struct refresh_round_with with; /* shared by the rounds */
    struct loop *loop;
    struct loop_post post;
    struct loop_timer timer;
    struct loop_post_item stop;
    pthread_t thread;
    struct forward *forward;
    struct secondary_set *set; /* that the rounds are of */
    struct refresh_round **rounds;
    size_t count;
    size_t turn;      /* where the next look begins */
    uint64_t look_ms; /* loop time of the next look; 0: none is due */
    bool is_stopping;
};

/* --- looking --------------------------------------------------------------------------------------- */

static void schedule(struct refresh *refresh, uint64_t wait_ms)
{
    uint64_t at_ms = loop_now_ms(refresh->loop) + wait_ms;
    if (refresh->look_ms == 0 || at_ms < refresh->look_ms) {
        refresh->look_ms = at_ms;
        loop_timer_start(&refresh->timer, wait_ms, 0);
    }
}

/* Let every zone do what is due. Each tells when it wants to be looked at again. */
static void look(struct loop_timer *timer)
{
    struct refresh *refresh = timer->context;
    const struct clock *clock = refresh->with.clock;
    uint64_t now_ns = clock->mono_ns(clock);
    refresh->look_ms = 0;
    uint64_t next_ns =
        refresh_round_step_all(refresh->rounds, refresh->count, &refresh->turn, now_ns);
    if (next_ns == UINT64_MAX) {
        return;
    }
    uint64_t wait_ms = next_ns > now_ns ? (next_ns - now_ns) / NS_PER_MS + 1 : 0;
    wait_ms = wait_ms < LOOK_LEAST_MS ? LOOK_LEAST_MS : wait_ms;
    schedule(refresh, wait_ms < LOOK_MOST_MS ? wait_ms : LOOK_MOST_MS);
}

static void on_change(void *context)
{
    schedule(context, LOOK_LEAST_MS);
}

/* --- messages from others -------------------------------------------------------------------------- */

/* One of them on its way. */
struct message {
    struct loop_post_item item; /* first */
    struct refresh *refresh;
    struct secondary_set *set;     /* a configuration */
    struct secondary_state *state; /* a NOTIFY or a wish: of this zone */
    uint8_t zone[DNS_NAME_MAX];    /* and its name */
    bool is_wish;
    uint8_t family, address[ADDRESS_LEN]; /* of the NOTIFY's sender */
};

static void message_free(struct message *message)
{
    secondary_unref(message->set);
    secondary_unref_state(message->state);
    mem_free(message);
}

static void send_message(struct message *message, void (*run)(struct loop_post_item *item))
{
    message->item.run = run;
    if (!loop_post_send(&message->refresh->post, &message->item)) {
        message_free(message);
    }
}

/* Rounds stand at the positions of their zones in the set. The zone may be another one by now, under the
 * same name. */
static struct refresh_round *find_round(const struct refresh *refresh,
                                        const struct message *message)
{
    const struct secondary_zone *secondary = secondary_find(refresh->set, message->zone);
    if (!secondary || secondary->state != message->state || refresh->count == 0) {
        return NULL;
    }
    return refresh->rounds[secondary - secondary_at(refresh->set, 0)];
}

/* The round of a zone, out of the present ones; both lists are in the order of names. */
static struct refresh_round *take_round(struct refresh *refresh, size_t *at,
                                        const struct secondary_zone *secondary)
{
    for (size_t i = *at; i < refresh->count; i++) {
        struct refresh_round *round = refresh->rounds[i];
        if (round && round->state == secondary->state) {
            refresh->rounds[i] = NULL;
            *at = i + 1;
            return round;
        }
        if (round && dns_name_compare(round->secondary->zone, secondary->zone) > 0) {
            break;
        }
    }
    return NULL;
}

static void configure(struct refresh *refresh, struct message *message)
{
    size_t count = secondary_count(message->set), at = 0;
    struct refresh_round **rounds = mem_alloc((count + 1) * sizeof(struct refresh_round *));
    refresh->with.limits = *secondary_get_limits(message->set);
    for (size_t i = 0; i < count; i++) {
        const struct secondary_zone *secondary = secondary_at(message->set, i);
        rounds[i] = take_round(refresh, &at, secondary);
        if (rounds[i]) {
            refresh_round_configure(rounds[i], secondary);
        } else {
            rounds[i] = refresh_round_create(&refresh->with, secondary);
        }
    }
    for (size_t i = 0; i < refresh->count; i++) {
        refresh_round_destroy(refresh->rounds[i]);
    }
    mem_free(refresh->rounds);
    refresh->rounds = rounds;
    refresh->count = count;
    refresh->turn = 0;
    struct secondary_set *old = refresh->set;
    refresh->set = message->set;
    message->set = old;
    schedule(refresh, 0);
}

static void run_configure(struct loop_post_item *item)
{
    struct message *message = (struct message *)(void *)item; /* item is the first member */
    if (!message->refresh->is_stopping) {
        configure(message->refresh, message);
    }
    message_free(message);
}

void refresh_configure(void *context, struct secondary_set *secondaries)
{
    struct message *message = mem_alloc(sizeof(*message));
    message->refresh = context;
    message->set = secondary_ref(secondaries);
    send_message(message, run_configure);
}

static size_t primary_of(const struct refresh_round *round, const struct message *message)
{
    size_t at = 0;
    (void)secondary_is_primary(round->secondary, message->family, message->address, &at);
    return at;
}

static void run_news(struct loop_post_item *item)
{
    struct message *message = (struct message *)(void *)item; /* item is the first member */
    struct refresh_round *round = find_round(message->refresh, message);
    if (!message->is_wish) { /* before it is acted on: who comes now asks again */
        __atomic_store_n(&message->state->is_notified, false, __ATOMIC_RELEASE);
    }
    if (round && message->is_wish) {
        refresh_round_force(round);
    } else if (round) {
        refresh_round_notify(round, primary_of(round, message));
    }
    message_free(message);
}

static struct message *message_about(struct refresh *refresh,
                                     const struct secondary_zone *secondary)
{
    struct message *message = mem_alloc(sizeof(*message));
    message->refresh = refresh;
    message->state = secondary_ref_state(secondary->state);
    memcpy(message->zone, secondary->zone, dns_name_len(secondary->zone));
    return message;
}

void refresh_notify(struct refresh *refresh, const struct secondary_zone *secondary,
                    const struct query_peer *peer)
{
    if (__atomic_exchange_n(&secondary->state->is_notified, true, __ATOMIC_ACQ_REL)) {
        return; /* one is on its way */
    }
    struct message *message = message_about(refresh, secondary);
    message->family = peer->family;
    memcpy(message->address, peer->address, ADDRESS_LEN);
    send_message(message, run_news);
}

void refresh_force(struct refresh *refresh, const struct secondary_zone *secondary)
{
    struct message *message = message_about(refresh, secondary);
    message->is_wish = true;
    send_message(message, run_news);
}

struct forward *refresh_forward(struct refresh *refresh)
{
    return refresh->forward;
}

/* --- life ------------------------------------------------------------------------------------------ */

static void *run(void *context)
{
    struct refresh *refresh = context;
    loop_run(refresh->loop);
    return NULL;
}

/* Nothing is left on the loop then, and it ends. */
static void run_stop(struct loop_post_item *item)
{
    struct refresh *refresh =
        (struct refresh *)(void *)((char *)item - offsetof(struct refresh, stop));
    refresh->is_stopping = true;
    forward_stop(refresh->forward);
    for (size_t i = 0; i < refresh->count; i++) {
        refresh_round_destroy(refresh->rounds[i]);
    }
    refresh->count = 0;
    loop_timer_close(&refresh->timer, NULL);
    loop_post_close(&refresh->post, NULL);
}

int refresh_create(const struct refresh_options *options, struct refresh **out_refresh)
{
    struct refresh *refresh = mem_alloc(sizeof(*refresh));
    int err = loop_create(true, &refresh->loop);
    if (err) {
        mem_free(refresh);
        return err;
    }
    err = loop_post_open(&refresh->post, refresh->loop);
    if (err) {
        loop_destroy(refresh->loop);
        mem_free(refresh);
        return err;
    }
    loop_timer_init(&refresh->timer, refresh->loop, look, refresh);
    refresh->with = (struct refresh_round_with){
        .loop = refresh->loop,
        .post = &refresh->post,
        .world = options->world,
        .writer = options->writer,
        .adopt = options->adopt,
        .clock = options->clock,
        .stat = options->stat,
        .mac = mac_create(MAC_CONTEXTS),
        .on_change = on_change,
        .context = refresh,
    };
    refresh->forward = forward_create(refresh->loop, &refresh->post, options->stat);
    refresh->stop.run = run_stop;
    err = pthread_create(&refresh->thread, NULL, run, refresh);
    if (err) {
        run_stop(&refresh->stop);
        refresh_destroy(refresh);
        return -err;
    }
    *out_refresh = refresh;
    return 0;
}

void refresh_stop(struct refresh *refresh)
{
    if (refresh) {
        CHECK(loop_post_send(&refresh->post, &refresh->stop));
        pthread_join(refresh->thread, NULL);
    }
}

void refresh_destroy(struct refresh *refresh)
{
    if (!refresh) {
        return;
    }
    CHECK(loop_destroy(refresh->loop) == 0);
    forward_destroy(refresh->forward);
    mac_destroy(refresh->with.mac);
    secondary_unref(refresh->set);
    mem_free(refresh->rounds);
    mem_free(refresh);
}
