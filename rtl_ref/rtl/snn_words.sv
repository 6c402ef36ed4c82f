// The words between cores. A word is an event, which carries the number of a neuron or axon, or a tick, which carries what to do
// and which core shall do it: all of them (target 0) or one.
/* verilator lint_off UNUSEDPARAM */  // the modules name the kinds that they treat in a way of their own
package snn_words;
    localparam int KIND_BITS   = 3;
    localparam int TARGET_BITS = 4;

    localparam logic [KIND_BITS-1:0] STEP   = 3'd0;  // add the bias, test, fire, subtract: ends a step of the rate code
    localparam logic [KIND_BITS-1:0] DOUBLE = 3'd1;  // potential = 2 potential: between the input steps of radix
    localparam logic [KIND_BITS-1:0] ADD    = 3'd2;  // add the bias
    localparam logic [KIND_BITS-1:0] FIRE   = 3'd3;  // test, fire, subtract, double: an output step of radix
    localparam logic [KIND_BITS-1:0] MARK   = 3'd4;  // nothing: comes out when all that was sent before it is done
endpackage
/* verilator lint_on UNUSEDPARAM */
