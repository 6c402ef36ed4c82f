/* One input through the network; its outputs and spikes are compared with the expected ones. */

#include "sample.h"
#include "verdict.h"

volatile struct verdict verdict;

#ifdef COUNT_CYCLES /* of the core's own counter, which a Cortex-M0+ does not have */
#define DEMCR (*(volatile uint32_t *)0xE000EDFCu)
#define DWT_CTRL (*(volatile uint32_t *)0xE0001000u)
#define DWT_CYCCNT (*(volatile uint32_t *)0xE0001004u)
#endif

int main(void)
{
    for (uint32_t i = 0; i < SAMPLE_INPUTS; i++) {
        network_input[i] = sample_input[i];
    }

#ifdef COUNT_CYCLES
    DEMCR |= 1u << 24;
    DWT_CTRL |= 1u;
    const uint32_t start = DWT_CYCCNT;
#endif
    infer();
#ifdef COUNT_CYCLES
    verdict.cycles = DWT_CYCCNT - start;
#endif

    for (uint32_t i = 0; i < SAMPLE_OUTPUTS; i++) {
        verdict.wrong_outputs += network_output[i] != expected_output[i];
    }
#ifdef SAMPLE_SPIKES
    for (uint32_t i = 0; i < SAMPLE_SPIKES; i++) {
        verdict.wrong_spikes += network_spikes[i] != expected_spikes[i];
    }
#endif

    verdict.result = verdict.wrong_outputs + verdict.wrong_spikes == 0u ? PASSED : FAILED;
    return verdict.result == PASSED;
}
