/* Loads the network, runs its samples, prints the classes, and compares with what must come. */
#include <stdio.h>

#include "network.h"
#include "spikewatt.h"

static unsigned long wrong; /* values that differ, of all kinds */

static void check(const char *what, unsigned sample, unsigned core, size_t index, long got,
                  long expected)
{
    if (got == expected)
        return;
    if (wrong++ < 20)
        printf("sample %u, core %u, %s %lu: got %ld, expected %ld\n", sample, core + 1, what,
               (unsigned long)index, got, expected);
}

/* The words of a sample that have left. */
struct left {
    unsigned sample;
    size_t count;
};

static void receive(void *context, uint32_t word)
{
    struct left *left = context;
    const network_sample *sample = &network_samples[left->sample];
    uint32_t expected = left->count < sample->left_count ? sample->left[left->count] : 0u;

    check("word", left->sample, NETWORK_CORES - 1, left->count, (long)word, (long)expected);
    left->count++;
}

static int load(void)
{
    unsigned k;
    int answer = SPIKEWATT_OK;

    for (k = 0; k < NETWORK_CORES && answer >= 0; k++) {
        const network_core *core = &network_cores[k];

        answer = spikewatt_load(k, SPIKEWATT_MEMORY_SYNAPSES, core->synapses,
                                sizeof *core->synapses, core->axons, core->neurons);
        if (answer >= 0)
            answer = spikewatt_load(k, SPIKEWATT_MEMORY_THRESHOLDS, core->thresholds,
                                    sizeof *core->thresholds, 1, core->neurons);
        if (answer >= 0)
            answer = spikewatt_load(k, SPIKEWATT_MEMORY_BIASES, core->biases,
                                    sizeof *core->biases, 1, core->neurons);
    }
    return answer;
}

/* Before each sample: the potentials with which it begins. */
static int restart(void)
{
    unsigned k;
    int answer = SPIKEWATT_OK;

    for (k = 0; k < NETWORK_CORES && answer >= 0; k++)
        answer = spikewatt_load(k, SPIKEWATT_MEMORY_POTENTIALS, network_cores[k].potentials,
                                sizeof *network_cores[k].potentials, 1,
                                network_cores[k].neurons);
    return answer;
}

static int run(unsigned number)
{
    static int32_t potentials[NETWORK_MOST_NEURONS];
    const network_sample *sample = &network_samples[number];
    const int32_t *expected = sample->potentials;
    struct left left = {number, 0};
    unsigned k, i, decision = 0;
    int answer = restart();

    if (answer < 0)
        return answer;
    answer = spikewatt_run(sample->words, sample->words_count, receive, &left);
    if (answer < 0)
        return answer;
    check("number of words", number, NETWORK_CORES - 1, 0, (long)left.count,
          (long)sample->left_count);

    for (k = 0; k < NETWORK_CORES; k++) {
        unsigned neurons = network_cores[k].neurons;
        uint32_t counts[SPIKEWATT_COUNTERS];

        answer = spikewatt_dump(k, SPIKEWATT_MEMORY_POTENTIALS, 0, potentials, neurons);
        if (answer < 0)
            return answer;
        for (i = 0; i < neurons; i++)
            check("potential", number, k, i, potentials[i], expected[i]);
        expected += neurons;

        answer = spikewatt_counters(k, counts);
        if (answer < 0)
            return answer;
        for (i = 0; i < SPIKEWATT_COUNTERS; i++)
            if (i != SPIKEWATT_COUNTER_STALLS) /* depends on this processor */
                check("counter", number, k, i, (long)counts[i],
                      (long)sample->counters[k * SPIKEWATT_COUNTERS + i]);
    }

    decision = spikewatt_decide(potentials, network_cores[NETWORK_CORES - 1].neurons);
    printf("sample %u: class %u, expected %u\n", number, decision, sample->decision);
    check("class", number, NETWORK_CORES - 1, 0, decision, sample->decision);
    return SPIKEWATT_OK;
}

int main(void)
{
    unsigned number;
    int answer = spikewatt_init();

    if (answer >= 0 && (unsigned)answer != NETWORK_CORES)
        answer = SPIKEWATT_NO_PLACE;
    if (answer >= 0)
        answer = load();
    for (number = 0; number < NETWORK_SAMPLES && answer >= 0; number++)
        answer = run(number);
    if (answer < 0) {
        printf("FAIL: the driver answers %d\n", answer);
        return 1;
    }

    check("refused accesses", NETWORK_SAMPLES, 0, 0, (long)SPIKEWATT_READ(SPIKEWATT_REFUSED), 0);
    if (wrong) {
        printf("FAIL: %lu values are wrong\n", wrong);
        return 1;
    }
    printf("PASS\n");
    return 0;
}
