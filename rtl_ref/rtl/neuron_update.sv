// What one visit does to a neuron. Tick rule: an event only adds its weight; STEP adds the bias, tests and subtracts; FIRE tests,
// subtracts and doubles. Event rule (EVENT_RULE = 1): potentials are held at 0 below, every visit tests, and a spike resets to zero.
`default_nettype none

module neuron_update #(
    parameter int WEIGHT_BITS = 8,
    parameter int STATE_BITS  = 24,
    parameter bit EVENT_RULE  = 1'b0
) (
    input  wire                            is_event,
    input  wire [snn_words::KIND_BITS-1:0] kind,      // of a tick
    input  wire signed [WEIGHT_BITS-1:0]   weight,
    input  wire signed [STATE_BITS-1:0]    bias,
    input  wire signed [STATE_BITS-1:0]    threshold,
    input  wire                            fires,     // the neuron may fire at all
    input  wire signed [STATE_BITS-1:0]    potential,
    output logic signed [STATE_BITS-1:0]   next_potential,
    output logic                           spike,
    output logic                           saturated  // a sum was held at the end of its range
);
    import snn_words::*;

    wire fire   = !is_event && kind == FIRE;
    wire double = fire || (!is_event && kind == DOUBLE);

    // The sum, held within the width.
    logic signed [STATE_BITS-1:0] addend, sum;
    logic                         beyond;
    assign addend = is_event ? STATE_BITS'(weight) : double ? potential : bias;
    saturating_add #(.WIDTH(STATE_BITS)) adder (.a(potential), .b(addend), .sum, .saturated(beyond));

    generate
        if (EVENT_RULE) begin : g_event_rule
            wire signed [STATE_BITS-1:0] held = sum[STATE_BITS-1] ? '0 : sum;  // below 0 is 0
            assign spike          = fires && held >= threshold;
            assign next_potential = spike ? '0 : held;
            assign saturated      = beyond;
        end else begin : g_tick_rule
            // FIRE compares 2 v with 2 threshold, on the exact double: v may be too large for its double to fit.
            wire                         tests = !is_event && (kind == STEP || fire);
            wire signed [STATE_BITS+1:0] value = fire ? (STATE_BITS+2)'(potential) <<< 1 : (STATE_BITS+2)'(sum);
            wire signed [STATE_BITS+1:0] level = fire ? (STATE_BITS+2)'(threshold) <<< 1 : (STATE_BITS+2)'(threshold);
            wire signed [STATE_BITS+1:0] rest  = value - level;
            wire signed [STATE_BITS+1:0] after = spike ? rest : value;
            wire                         wide  = after[STATE_BITS+1:STATE_BITS-1] != {3{after[STATE_BITS-1]}};
            assign spike          = tests && fires && !rest[STATE_BITS+1];
            assign next_potential = !wide ? after[STATE_BITS-1:0] :
                                    after[STATE_BITS+1] ? {1'b1, {(STATE_BITS-1){1'b0}}} : {1'b0, {(STATE_BITS-1){1'b1}}};
            assign saturated      = fire ? wide : beyond;
        end
    endgenerate
endmodule

`default_nettype wire
