// The words between cores. A word is an event, which carries the number of a neuron or axon, or a
// tick, which carries what to do and which core shall do it: all of them (target 0) or one.
/* verilator lint_off UNUSEDPARAM */  // the modules name only the kinds that differ for them
package snn_words;
    localparam int KIND_BITS   = 3;
    localparam int TARGET_BITS = 4;
    localparam int NUMBER_BITS = 16;  // of an axon or a neuron

    // STEP ends a step of the rate code: add the bias, test, fire, subtract.
    localparam logic [KIND_BITS-1:0] STEP   = 3'd0;
    // DOUBLE stands between the input steps of radix: potential = 2 potential.
    localparam logic [KIND_BITS-1:0] DOUBLE = 3'd1;
    // ADD adds the bias.
    localparam logic [KIND_BITS-1:0] ADD    = 3'd2;
    // FIRE is an output step of radix: test, fire, subtract, double.
    localparam logic [KIND_BITS-1:0] FIRE   = 3'd3;
    // MARK does nothing: it comes out when all that was sent before it is done. The last kind.
    localparam logic [KIND_BITS-1:0] MARK   = 3'd4;

    // What the counters of a core count, by number.
    localparam int COUNTERS    = 8;
    localparam int CYCLES      = 0;
    localparam int STALLS      = 1;
    localparam int SOPS        = 2;
    localparam int READS       = 3;
    localparam int WRITES      = 4;
    localparam int SPIKES      = 5;
    localparam int SATURATIONS = 6;
    localparam int REFUSALS    = 7;
endpackage
/* verilator lint_on UNUSEDPARAM */
