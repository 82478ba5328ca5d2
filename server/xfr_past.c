#include "server/xfr_past.h"

#include "base/log.h"
#include "server/held.h"
#include "zones/dns_name.h"
#include "zones/zone_store_past.h"

enum {
    SLICE_SETS = 1000,              /* change sets that are read in one slice, */
    SLICE_OCTETS = 1 << 20,         /* or so many octets of them */
    HISTORY_LEAST = 16 << 10,       /* one message: never worth more than a small zone */
    HISTORY_MAX = 64 << 20,         /* octets of one history: threats row 14 */
    ALL_MAX = 4 * (int)HISTORY_MAX, /* and of all */
};

/* Pin the version that the journal ends with, and find where it begins for the secondary. */
static int open(struct xfr_past *past)
{
    const struct held *held = keeper_find(past->source->keeper, past->name);
    if (!held) {
        return ERR_MISSING;
    }
    past->version = zone_pin(held->zone, &past->pin);
    past->zone = held->zone;
    past->state = held->state;
    int err = zone_store_past_find(past->source->store, &past->state, past->serial, &past->next);
    if (!err) {
        size_t zone_octets = zone_measure(past->zone).octets;
        size_t most = zone_octets > HISTORY_LEAST ? zone_octets : HISTORY_LEAST;
        past->history =
            zone_history_create(zone_key(past->zone), most < HISTORY_MAX ? most : HISTORY_MAX);
    }
    return err;
}

/* The zone may be dropped or imported as a whole between two slices: then its journal is another's. */
static bool is_held(const struct xfr_past *past)
{
    const struct held *held = keeper_find(past->source->keeper, past->name);
    return held && held->zone == past->zone && held->state.id == past->state.id;
}

struct slice {
    struct xfr_past *past;
    unsigned sets;
    size_t octets;
    int err;
};

static int add_set(void *context, const struct zone_journal_entry *entry)
{
    struct slice *slice = context;
    struct xfr_past *past = slice->past;
    if (entry->seq != past->next) { /* trimmed meanwhile */
        slice->err = ERR_MISSING;
        return 1;
    }
    slice->err = zone_history_add(past->history, entry->data, entry->len);
    slice->sets++;
    slice->octets += entry->len;
    past->next++;
    bool is_through =
        past->next > past->state.seq || slice->sets == SLICE_SETS || slice->octets >= SLICE_OCTETS;
    return slice->err || is_through;
}

/* Some change sets. *out_more: not all that are needed. */
static int read_slice(struct xfr_past *past, bool *out_more)
{
    struct slice slice = {.past = past};
    uint64_t begin = past->next;
    if (!is_held(past)) {
        return ERR_MISSING;
    }
    int err = zone_store_past_walk(past->source->store, &past->state, begin, add_set, &slice);
    err = err < 0 ? err : slice.err;
    *out_more = past->next <= past->state.seq;
    return err || past->next > begin ? err : ERR_MISSING;
}

/* The old SOA has to be told, and the new one has to be that of the version. */
static int check(const struct xfr_past *past)
{
    struct zone_diff_record soa;
    bool fits = zone_history_serial(past->history) == zone_serial(past->zone, past->version) &&
                zone_history_soa(past->history, &soa);
    return fits ? 0 : ERR_STORE_CORRUPT;
}

/* Histories wait as long as their secondaries read: all of them together have a limit. */
static int count(struct xfr_past *past)
{
    size_t octets = zone_history_octets(past->history);
    if (__atomic_add_fetch(&past->source->octets, octets, __ATOMIC_RELAXED) > ALL_MAX) {
        __atomic_sub_fetch(&past->source->octets, octets, __ATOMIC_RELAXED);
        return ERR_LIMIT;
    }
    past->octets = octets;
    return 0;
}

static void give_up(struct xfr_past *past, int err)
{
    char name[DNS_NAME_TEXT_MAX];
    zone_history_destroy(past->history);
    past->history = NULL;
    if (err != ERR_MISSING && err != ERR_LIMIT) {
        dns_name_print(past->name, name);
        log_error("journal_unreadable", "zone=%s error=%s", name, err_text(err));
    }
}

static int run_slice(struct xfr_past *past, bool *out_more)
{
    bool is_wanted = !__atomic_load_n(&past->is_dropped, __ATOMIC_RELAXED) &&
                     !__atomic_load_n(&past->source->is_ending, __ATOMIC_RELAXED);
    int err = is_wanted ? 0 : ERR_MISSING;
    *out_more = false;
    if (!past->history) {
        err = err ? err : open(past);
    }
    err = err ? err : read_slice(past, out_more);
    if (!err && !*out_more) {
        err = check(past);
        err = err ? err : count(past);
    }
    return err;
}

/* Put one at the end of the row, and let the writer know when it was the first. */
static void queue(struct xfr_past *past)
{
    struct xfr_past_source *source = past->source;
    pthread_mutex_lock(&source->lock);
    bool is_idle = !source->first;
    past->next_turn = NULL;
    *source->last = past;
    source->last = &past->next_turn;
    if (is_idle) {
        writer_post(source->writer, &source->job);
    }
    pthread_mutex_unlock(&source->lock);
}

/* Take the first out; when others are left, their turn comes behind what waits for the writer. */
static struct xfr_past *take_turn(struct xfr_past_source *source)
{
    pthread_mutex_lock(&source->lock);
    struct xfr_past *past = source->first;
    source->first = past->next_turn;
    source->last = source->first ? source->last : &source->first;
    if (source->first) {
        writer_post(source->writer, &source->job);
    }
    pthread_mutex_unlock(&source->lock);
    return past;
}

/* One slice of one of them. */
static void run(struct writer_job *job)
{
    struct xfr_past *past = take_turn((struct xfr_past_source *)(void *)job); /* the first member */
    bool more;
    int err = run_slice(past, &more);
    if (!err && more) {
        queue(past);
        return;
    }
    if (err) {
        give_up(past, err);
    }
    past->on_ready(past);
}

void xfr_past_source_init(struct xfr_past_source *source, struct writer *writer,
                          struct keeper *keeper, struct zone_store *store)
{
    *source = (struct xfr_past_source){
        .job.run = run, .writer = writer, .keeper = keeper, .store = store};
    source->last = &source->first;
    pthread_mutex_init(&source->lock, NULL);
}

void xfr_past_source_stop(struct xfr_past_source *source)
{
    __atomic_store_n(&source->is_ending, true, __ATOMIC_RELAXED);
}

void xfr_past_source_finish(struct xfr_past_source *source)
{
    if (source->writer) {
        pthread_mutex_destroy(&source->lock);
    }
}

void xfr_past_begin(struct xfr_past *past)
{
    queue(past);
}

void xfr_past_finish(struct xfr_past *past)
{
    if (past->zone) {
        zone_unpin(past->zone, &past->pin);
        past->zone = NULL;
    }
    if (past->history) {
        __atomic_sub_fetch(&past->source->octets, past->octets, __ATOMIC_RELAXED);
        zone_history_destroy(past->history);
        past->history = NULL;
    }
}
