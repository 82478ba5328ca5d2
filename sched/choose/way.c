#include "sched/choose/way.h"

#include <math.h>

enum { UNKNOWN_MEDIUM = 3 };

static bool is_known(const struct pools_path *path, unsigned key)
{
    return path->has >> (key - ATTR_KEY_medium) & 1;
}

/* 0 for the medium of first choice; hubs have OTN lines of their own, others pay for them. */
static unsigned medium_rank(const struct pools_centre *centre, const struct pools_path *path)
{
    static const uint8_t ranks[2][4] = {
        {UNKNOWN_MEDIUM, 0, 1, 2}, /* ip, otn, inet */
        {UNKNOWN_MEDIUM, 1, 0, 2},
    };
    if (!is_known(path, ATTR_KEY_medium) || path->medium > 3) {
        return UNKNOWN_MEDIUM;
    }
    return ranks[centre->hub][path->medium];
}

static bool is_better(const struct pools_centre *centre, const struct pools_path *a,
                      const struct pools_path *b)
{
    unsigned rank_a = medium_rank(centre, a), rank_b = medium_rank(centre, b);
    if (rank_a != rank_b) {
        return rank_a < rank_b;
    }
    bool known_a = is_known(a, ATTR_KEY_rtt), known_b = is_known(b, ATTR_KEY_rtt);
    if (known_a != known_b) {
        return known_a;
    }
    if (known_a && a->rtt_us != b->rtt_us) {
        return a->rtt_us < b->rtt_us;
    }
    known_a = is_known(a, ATTR_KEY_bwf);
    known_b = is_known(b, ATTR_KEY_bwf);
    if (known_a != known_b) {
        return known_a;
    }
    return known_a && a->bwf_mbits > b->bwf_mbits;
}

/* The path that counts of those to what a word names; by_region: paths to that region, too. */
static const struct pools_path *best_to(const struct pools_centre *centre, uint64_t word,
                                        bool by_region)
{
    const struct pools_path *best = NULL;
    for (size_t i = 0; word && i < centre->path_count; i++) {
        const struct pools_path *path = &centre->paths[i];
        bool leads = path->target == word || (by_region && path->region == word);
        if (leads && (!best || is_better(centre, path, best))) {
            best = path;
        }
    }
    return best;
}

const struct pools_path *way_to(const struct pools_centre *centre, uint64_t exact)
{
    const struct pools_path *best = NULL;
    for (size_t i = 0; i < centre->path_count; i++) {
        const struct pools_path *path = &centre->paths[i];
        if (path->exact == exact && (!best || is_better(centre, path, best))) {
            best = path;
        }
    }
    return best;
}

static const struct pools_path *towards(const struct pools_centre *centre,
                                        const struct choose_place *place)
{
    const struct pools_path *path = best_to(centre, place->centre, false);
    for (unsigned i = 0; !path && i < 3; i++) {
        path = best_to(centre, place->regions[i], true);
    }
    return path;
}

bool way_value(const struct pools_path *path, unsigned column, uint64_t *out_value)
{
    const uint64_t values[] = {path->medium,    path->bw_mbits, path->bwf_mbits, path->rtt_us,
                               path->jitter_us, path->loss_ppm, path->enc,       path->slice};
    unsigned key = attr_get(column)->key;
    if (key < ATTR_KEY_medium || key > ATTR_KEY_slice || !is_known(path, key)) {
        return false;
    }
    *out_value = values[key - ATTR_KEY_medium];
    return true;
}

/* A great circle, and light in glass that does not follow it: 500 us and 15 us a kilometre. Whole numbers, so
 * that the last bit of a sine makes no difference. */
static uint64_t guess_rtt_us(const struct pools_centre *from, const struct choose_place *to)
{
    const double radian = M_PI / 180, radius_km = 6371.0088;
    double north = sin((to->latitude - from->latitude) * radian / 2);
    double east = sin((to->longitude - from->longitude) * radian / 2);
    double chord =
        north * north + cos(from->latitude * radian) * cos(to->latitude * radian) * east * east;
    double km = 2 * radius_km * asin(sqrt(chord < 1 ? chord : 1));
    return (uint64_t)floor(500 + 15 * km + 0.5);
}

static double points_of_rtt(uint64_t rtt_us)
{
    return 50.0 * 5000 / (5000 + (double)rtt_us);
}

static double points_of(const struct pools_centre *centre, const struct pools_path *path,
                        bool *is_unknown)
{
    static const double of_medium[] = {10, 5, 0, 0};
    bool has_bw = is_known(path, ATTR_KEY_bw), has_bwf = is_known(path, ATTR_KEY_bwf);
    unsigned medium = medium_rank(centre, path);
    double points = 0;
    *is_unknown = medium == UNKNOWN_MEDIUM || (!has_bw && !has_bwf) ||
                  !is_known(path, ATTR_KEY_rtt) || !is_known(path, ATTR_KEY_jitter) ||
                  !is_known(path, ATTR_KEY_loss);
    if (is_known(path, ATTR_KEY_rtt)) {
        points += points_of_rtt(path->rtt_us);
    }
    if (is_known(path, ATTR_KEY_jitter)) {
        points += 10.0 * 500 / (500 + (double)path->jitter_us);
    }
    if (is_known(path, ATTR_KEY_loss)) {
        points += 10.0 * 100 / (100 + (double)path->loss_ppm);
    }
    if (has_bwf || has_bw) {
        double mbits = (double)(has_bwf ? path->bwf_mbits : path->bw_mbits);
        points += 20 * mbits / (mbits + 1000);
    }
    return points + of_medium[medium];
}

bool way_passes(const struct work_centre *way, const struct work_test *at)
{
    uint64_t value;
    if (way->is_own) { /* there is no path to test: the asker is there */
        return true;
    }
    return way->path && way_value(way->path, at->test->column, &value) && work_passes(at, value);
}

double way_margin(const struct need_test *test, double value)
{
    double limit = lanes_double(test->values[0]), margin;
    if (test->op == NEED_GE) {
        margin = value > 0 ? (value - limit) / value : 0;
    } else {
        margin = limit > 0 ? (limit - value) / limit : 1;
    }
    margin = margin > 0 ? margin : 0;
    return margin < 1 ? margin : 1;
}

/* The tests of kind PATH in their order; margins count only when all are passed. */
static void test(struct choose *work, struct work_centre *way)
{
    way->failed_test = -1;
    way->margin = 1;
    for (unsigned i = 0; work->tests.has_path && i < work->tests.count; i++) {
        const struct work_test *at = &work->tests.tests[i];
        uint64_t value;
        if (at->test->kind != NEED_PATH) {
            continue;
        }
        if (!way_passes(way, at)) {
            way->failed_test = (int)i;
            return;
        }
        if (!way->is_own && (at->test->op == NEED_GE || at->test->op == NEED_LE) &&
            way_value(way->path, at->test->column, &value)) {
            double margin = way_margin(at->test, lanes_double(value));
            way->margin = margin < way->margin ? margin : way->margin;
        }
    }
}

const struct work_centre *way_of(struct choose *work, uint32_t number)
{
    struct work_centre *way = &work->centres[number];
    const struct pools_centre *centre = work->ask->pools->centres[number];
    const struct choose_place *place = &work->place;
    if (way->way_made == work->question) {
        return way;
    }
    way->way_made = work->question;
    way->is_own = place->centre != 0 && place->centre == centre->hash;
    way->path = way->is_own ? NULL : towards(centre, place);
    way->is_guessed = !way->is_own && !way->path && place->has_loc && centre->has_loc;
    way->is_unknown = !way->is_own && !way->path;
    way->has_rtt = way->is_own || way->is_guessed;
    way->rtt_us = way->is_guessed ? guess_rtt_us(centre, place) : 0;
    way->network = way->is_own ? 100 : 0;
    if (way->path) {
        way->network = points_of(centre, way->path, &way->is_unknown);
        way->has_rtt = way_value(way->path, ATTR_INDEX_rtt, &way->rtt_us);
    } else if (way->is_guessed) {
        way->network = points_of_rtt(way->rtt_us);
    }
    test(work, way);
    return way;
}
