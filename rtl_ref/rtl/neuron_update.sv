// What one visit does to a neuron. Tick rule: an event only adds its weight; STEP adds the bias,
// tests and subtracts; FIRE tests, subtracts and doubles. Event rule (EVENT_RULE = 1): potentials
// are held at 0 below, every visit tests, and a spike resets to zero.
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
    input  wire signed [STATE_BITS-1:0]    threshold, // below 0: the neuron never fires
    input  wire signed [STATE_BITS-1:0]    potential,
    output logic signed [STATE_BITS-1:0]   next_potential,
    output logic                           spike,
    output logic                           saturated  // a sum was held at the end of its range
);
    import snn_words::*;

    law #(
        .HOLDS(STATE_BITS >= 3 && STATE_BITS <= 64),
        .TEXT("neuron_update: STATE_BITS must be 3 to 64")
    ) state_law ();
    law #(
        .HOLDS(WEIGHT_BITS >= 2 && WEIGHT_BITS <= 32 && WEIGHT_BITS <= STATE_BITS),
        .TEXT("neuron_update: WEIGHT_BITS must be 2 to 32, and no more than STATE_BITS")
    ) weight_law ();

    localparam logic signed [STATE_BITS-1:0] LOWEST  = {1'b1, {(STATE_BITS-1){1'b0}}};
    localparam logic signed [STATE_BITS-1:0] HIGHEST = ~LOWEST;

    wire may_fire = !threshold[STATE_BITS-1];
    wire fire     = !is_event && kind == FIRE;
    wire double   = fire || (!is_event && kind == DOUBLE);

    // Twice the potential.
    wire                         twice_beyond = potential[STATE_BITS-1] != potential[STATE_BITS-2];
    wire signed [STATE_BITS-1:0] twice_held   = potential[STATE_BITS-1] ? LOWEST : HIGHEST;
    wire signed [STATE_BITS-1:0] twice        = twice_beyond ? twice_held : potential <<< 1;

    generate
        if (EVENT_RULE) begin : g_event_rule
            logic signed [STATE_BITS-1:0] sum;
            logic                         beyond;
            saturating_add #(.WIDTH(STATE_BITS)) adder (
                .a(potential), .b(is_event ? STATE_BITS'(weight) : bias), .sum, .saturated(beyond));

            wire signed [STATE_BITS-1:0] total = double ? twice : sum;
            wire signed [STATE_BITS-1:0] held  = total[STATE_BITS-1] ? '0 : total;  // below 0 is 0
            assign spike          = may_fire && held >= threshold;
            assign next_potential = spike ? '0 : held;
            assign saturated      = double ? twice_beyond : beyond;
        end else begin : g_tick_rule
            // The sums stand side by side, none waits for another: they are the longest path.
            logic signed [STATE_BITS-1:0] event_sum, bias_sum;
            logic                         event_beyond, bias_beyond;
            saturating_add #(.WIDTH(STATE_BITS)) event_adder (
                .a(potential), .b(STATE_BITS'(weight)),
                .sum(event_sum), .saturated(event_beyond));
            saturating_add #(.WIDTH(STATE_BITS)) bias_adder (
                .a(potential), .b(bias),
                .sum(bias_sum), .saturated(bias_beyond));

            // STEP: potential + bias - threshold, by carry-save. If nothing is left below 0, that
            // is what a spike leaves; of a held sum HIGHEST - threshold is left.
            wire signed [STATE_BITS+1:0] a     = (STATE_BITS+2)'(potential);
            wire signed [STATE_BITS+1:0] b     = (STATE_BITS+2)'(bias);
            wire signed [STATE_BITS+1:0] c     = ~(STATE_BITS+2)'(threshold);
            wire        [STATE_BITS:0]   carry = (STATE_BITS+1)'((a & b) | (a & c) | (b & c));
            wire signed [STATE_BITS+1:0] step_rest  = $signed(a ^ b ^ c) + $signed({carry, 1'b1});
            wire                         step_spike = kind == STEP && !step_rest[STATE_BITS+1];
            wire signed [STATE_BITS-1:0] held_rest  = HIGHEST ^ threshold;
            wire signed [STATE_BITS-1:0] exact_rest = step_rest[STATE_BITS-1:0];
            wire signed [STATE_BITS-1:0] stepped    = bias_beyond ? held_rest : exact_rest;

            // FIRE compares 2 v with 2 threshold, on the exact double: v may be too large for its
            // double to fit. `fire_beyond` is of what a spike leaves, doubled.
            wire signed [STATE_BITS:0]   fire_rest;
            wire                         fire_beyond = fire_rest[STATE_BITS-2];
            wire signed [STATE_BITS-1:0] twice_rest  = fire_rest[STATE_BITS-1:0] <<< 1;
            wire signed [STATE_BITS-1:0] fired       = fire_beyond ? HIGHEST : twice_rest;
            assign fire_rest = (STATE_BITS+1)'(potential) - (STATE_BITS+1)'(threshold);

            wire signed [STATE_BITS-1:0] doubled = spike ? fired : twice;
            wire signed [STATE_BITS-1:0] added   = spike ? stepped : bias_sum;
            wire double_beyond = spike ? fire_beyond : twice_beyond;
            wire tick_beyond   = double ? double_beyond : bias_beyond;

            assign spike = !is_event && may_fire && (fire ? !fire_rest[STATE_BITS] : step_spike);
            assign next_potential = is_event ? event_sum : double ? doubled : added;
            assign saturated      = is_event ? event_beyond : tick_beyond;
        end
    endgenerate
endmodule

`default_nettype wire
