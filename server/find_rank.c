#include "server/find_rank.h"

#include "base/mem.h"
#include "sched/choose/explain.h"
#include "server/find_ready.h"
#include "server/find_text.h"
#include "zones/dns_type.h"

struct find_rank {
    struct choose *choose;
    struct steer steer;
    struct choose_answer answer;
    struct find_entry_draft draft;
    _Alignas(16) uint8_t block[FIND_ENTRY_MAX];
};

struct find_rank *find_rank_create(void)
{
    struct find_rank *rank = mem_alloc(sizeof(*rank));
    rank->choose = choose_create();
    return rank;
}

void find_rank_destroy(struct find_rank *rank)
{
    if (rank) {
        choose_destroy(rank->choose);
        mem_free(rank);
    }
}

struct steer *find_rank_steer(struct find_rank *rank)
{
    return &rank->steer;
}

struct find_entry *find_rank_make(struct find_rank *rank, const struct steer_scene *scene,
                                  uint16_t type, const struct steer_stick *stick)
{
    const struct steer *steer = &rank->steer;
    struct choose_answer *answer = &rank->answer;
    struct find_entry_draft *draft = &rank->draft;
    choose_rank(rank->choose, &steer->ask, answer);
    uint32_t sticky_s = steer_stick_keep(stick, rank->choose, steer, answer);
    if (type == DNS_TYPE_TXT || answer->fits == 0) { /* it says why */
        int64_t until_s = choose_told_until(rank->choose);
        answer->until_s = until_s < answer->until_s ? until_s : answer->until_s;
    }
    int64_t soonest_s = scene->now_s + 1; /* a TTL of 0 would be asked for again at once */
    draft->entry = (struct find_entry){
        .version = scene->version,
        .until_s = answer->until_s > soonest_s ? answer->until_s : soonest_s,
        .ttl_s = steer->ttl_s,
        .type = type,
        .fits = answer->fits > 0,
        .uses_place = answer->uses_place,
    };
    draft->piece_count = draft->twin_count = 0;
    draft->text_len = draft->octets_len = 0;
    if (type == DNS_TYPE_TXT) {
        find_text_fill(rank->choose, &steer->ask, answer, sticky_s, draft);
    } else {
        find_ready_fill(scene->zone, scene->version, steer->ask.pools, answer, type, draft);
    }
    if (answer->fits == 0) {
        struct wr wr = wr_make(draft->text, sizeof(draft->text));
        explain_summary(&steer->ask, answer, &wr);
        draft->text_len = wr_len(&wr);
    }
    find_entry_pack(draft, rank->block);
    return (struct find_entry *)(void *)rank->block;
}
