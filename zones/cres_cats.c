#include "zones/cres_cats.h"

#include <string.h>

#include "zones/attr_number.h"

/* What the words are numbered, for the few that a formula asks for. */
enum { STATE_DRAIN = 2, STATE_DOWN = 3, HEALTH_DEGRADED = 2, HEALTH_FAILED = 3 };

static bool number(const struct cres_cats_facts *facts, enum attr_index index, uint64_t *out_number)
{
    const struct cres_attr *fact = &facts->of[index];
    if (!fact->value) {
        return false;
    }
    *out_number = attr_uint_get(fact->value, fact->len);
    return true;
}

static bool is(const struct cres_cats_facts *facts, enum attr_index index, uint64_t wanted)
{
    uint64_t word;
    return number(facts, index, &word) && word == wanted;
}

/* ---- the names of draft-liu-cats-dns-service-discovery; each writes nothing when unknown ---- */

/* Busy share: as reported, or else what is not free of a total. */
static bool busy(const struct cres_cats_facts *facts, enum attr_index util, enum attr_index free,
                 enum attr_index total, uint64_t *out_percent)
{
    uint64_t free_number;
    uint64_t total_number;
    if (number(facts, util, out_percent)) {
        return true;
    }
    if (!number(facts, free, &free_number) || !number(facts, total, &total_number) ||
        total_number == 0 || free_number > total_number) {
        return false;
    }
    uint64_t used = total_number - free_number;
    /* beyond 2^57 the product would overflow, and the division by 100 loses nothing that shows */
    *out_percent = used >> 57 ? used / (total_number / 100) : used * 100 / total_number;
    return true;
}

/* The busier of cores and accelerators. */
static bool find_load(const struct cres_cats_facts *facts, uint64_t *out_percent)
{
    uint64_t cores = 0;
    uint64_t cards = 0;
    bool known = busy(facts, ATTR_INDEX_util, ATTR_INDEX_cpuf, ATTR_INDEX_cpu, &cores);
    known |= busy(facts, ATTR_INDEX_accutil, ATTR_INDEX_accf, ATTR_INDEX_accn, &cards);
    *out_percent = cores > cards ? cores : cards;
    return known;
}

static void put_load(const struct cres_cats_facts *facts, struct wr *wr)
{
    uint64_t percent;
    if (find_load(facts, &percent)) {
        attr_number_print_plain(percent, wr);
    }
}

static void put_cpu(const struct cres_cats_facts *facts, struct wr *wr)
{
    uint64_t cores;
    if (number(facts, ATTR_INDEX_cpuf, &cores)) {
        attr_number_print_plain(cores, wr);
    }
}

static void put_mem(const struct cres_cats_facts *facts, struct wr *wr)
{
    uint64_t mib;
    if (number(facts, ATTR_INDEX_memf, &mib) && mib < UINT64_MAX / 2) {
        /* 1 MiB = 16384/15625 MB, rounded down, without overflow */
        attr_number_print_plain(mib / 15625 * 16384 + mib % 15625 * 16384 / 15625, wr);
    }
}

/* Makers whose accelerators are GPUs, by the name under .accel; all other ones are "accel". */
static bool is_gpu(const struct cres_attr *acc)
{
    static const char *const makers[] = {"amd-",   "biren-", "hygon-",    "iluvatar-", "intel-",
                                         "metax-", "moore-", "mthreads-", "nvidia-",   "vgpu"};
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        size_t len = strlen(makers[i]);
        if (acc->len >= len && memcmp(acc->value, makers[i], len) == 0) {
            return true;
        }
    }
    return false;
}

static void put_accelerator(const struct cres_cats_facts *facts, bool wants_gpu, struct wr *wr)
{
    const struct cres_attr *acc = &facts->of[ATTR_INDEX_acc];
    uint64_t cards;
    if (!acc->value || is_gpu(acc) != wants_gpu) {
        return;
    }
    wr_bytes(wr, acc->value, acc->len);
    if (number(facts, ATTR_INDEX_accf, &cards)) {
        wr_u8(wr, ':');
        attr_number_print(attr_get(ATTR_INDEX_accf), cards, wr);
    }
}

static void put_gpu(const struct cres_cats_facts *facts, struct wr *wr)
{
    put_accelerator(facts, true, wr);
}

static void put_accel(const struct cres_cats_facts *facts, struct wr *wr)
{
    put_accelerator(facts, false, wr);
}

static void put_lat(const struct cres_cats_facts *facts, struct wr *wr)
{
    uint64_t wait_s;
    if (number(facts, ATTR_INDEX_wait50, &wait_s) && wait_s < UINT64_MAX / 1000) {
        attr_number_print_plain(wait_s * 1000, wr);
    }
}

static void put_cost(const struct cres_cats_facts *facts, struct wr *wr)
{
    uint64_t price;
    if (number(facts, ATTR_INDEX_price, &price)) {
        attr_number_print(attr_get(ATTR_INDEX_price), price, wr);
    }
}

static void put_prio(const struct cres_cats_facts *facts, struct wr *wr)
{
    if (!facts->of[ATTR_INDEX_state].value && !facts->of[ATTR_INDEX_health].value) {
        return;
    }
    unsigned prio = is(facts, ATTR_INDEX_health, HEALTH_DEGRADED) ? 2 : 1;
    if (is(facts, ATTR_INDEX_state, STATE_DRAIN)) {
        prio = 3;
    }
    if (is(facts, ATTR_INDEX_state, STATE_DOWN) || is(facts, ATTR_INDEX_health, HEALTH_FAILED)) {
        prio = 9;
    }
    attr_number_print_plain(prio, wr);
}

/* ---- the scores of draft-ietf-cats-metric-definition: 0 to 10, 10 is best ---- */

static bool is_out(const struct cres_cats_facts *facts)
{
    return is(facts, ATTR_INDEX_state, STATE_DOWN) || is(facts, ATTR_INDEX_health, HEALTH_FAILED);
}

/* Computing: a tenth of what is not busy. */
static bool find_comp(const struct cres_cats_facts *facts, unsigned *out_score)
{
    uint64_t percent;
    if (!find_load(facts, &percent)) {
        return false;
    }
    *out_score = is_out(facts) ? 0 : (unsigned)((100 - percent) / 10);
    return true;
}

/* Service: 10 without waiting, one less each time that 1 + wait doubles. */
static bool find_serv(const struct cres_cats_facts *facts, unsigned *out_score)
{
    uint64_t wait_s;
    if (!number(facts, ATTR_INDEX_wait50, &wait_s)) {
        return false;
    }
    unsigned lost = 0;
    while (lost < 10 && wait_s >= (2u << lost) - 1) {
        lost++;
    }
    *out_score = is_out(facts) ? 0 : 10 - lost;
    return true;
}

static void put_comp(const struct cres_cats_facts *facts, struct wr *wr)
{
    unsigned score;
    if (find_comp(facts, &score)) {
        attr_number_print_plain(score, wr);
    }
}

static void put_serv(const struct cres_cats_facts *facts, struct wr *wr)
{
    unsigned score;
    if (find_serv(facts, &score)) {
        attr_number_print_plain(score, wr);
    }
}

static void put_cats(const struct cres_cats_facts *facts, struct wr *wr)
{
    unsigned comp;
    unsigned serv;
    if (find_comp(facts, &comp) && find_serv(facts, &serv)) {
        attr_number_print_plain((comp + serv) / 2, wr);
    }
}

/* ---- what a pool can do ---- */

/* One comma-separated piece, if it fits. */
static void put_piece(struct wr *wr, const uint8_t *text, size_t len)
{
    bool first = wr->pos[-1] == '=';
    if ((size_t)(wr->end - wr->pos) >= len + !first) {
        wr_bytes(wr, ",", !first);
        wr_bytes(wr, text, len);
    }
}

static void put_items(struct wr *wr, const struct cres_attr *list)
{
    if (!list->value) {
        return;
    }
    struct rd rd = rd_make(list->value, list->len);
    while (rd_left(&rd) > 0) {
        size_t len = rd_u8(&rd);
        const uint8_t *item = rd_take(&rd, len);
        if (item && !memchr(item, ',', len)) {
            put_piece(wr, item, len);
        }
    }
}

static void put_words(struct wr *wr, enum attr_index index, const struct cres_attr *set)
{
    for (size_t i = 0; i < set->len; i++) {
        size_t len;
        const char *word = attr_word_get(attr_get(index), set->value[i], &len);
        put_piece(wr, (const uint8_t *)word, len);
    }
}

/* What a pool can do: processors, number formats with a figure, confidential computing,
 * software. */
static void put_caps(const struct cres_cats_facts *facts, struct wr *wr)
{
    put_items(wr, &facts->of[ATTR_INDEX_arch]);
    for (size_t i = ATTR_INDEX_fp64; i <= ATTR_INDEX_int8; i++) {
        if (facts->of[i].value) {
            const char *name = attr_get(i)->name;
            put_piece(wr, (const uint8_t *)name, strlen(name));
        }
    }
    put_words(wr, ATTR_INDEX_tee, &facts->of[ATTR_INDEX_tee]);
    put_items(wr, &facts->of[ATTR_INDEX_env]);
}

/* Names that a formula makes, in the order of the mirror. */
static const struct {
    const char *name;
    unsigned rank;
    void (*put)(const struct cres_cats_facts *facts, struct wr *wr);
} aliases[] = {
    {"load", 1, put_load},   {"cpu", 1, put_cpu},   {"mem", 1, put_mem},   {"gpu", 1, put_gpu},
    {"accel", 1, put_accel}, {"lat", 1, put_lat},   {"cost", 1, put_cost}, {"cats", 1, put_cats},
    {"comp", 1, put_comp},   {"serv", 1, put_serv}, {"prio", 1, put_prio}, {"caps", 4, put_caps},
};

const char *cres_cats_name(size_t index)
{
    return index < sizeof aliases / sizeof aliases[0] ? aliases[index].name : NULL;
}

unsigned cres_cats_rank(size_t index)
{
    return aliases[index].rank;
}

void cres_cats_print(size_t index, const struct cres_cats_facts *facts, struct wr *wr)
{
    aliases[index].put(facts, wr);
}
