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

    localparam logic signed [STATE_BITS-1:0] LOWEST = {1'b1, {(STATE_BITS-1){1'b0}}}, HIGHEST = ~LOWEST;
    wire fire   = !is_event && kind == FIRE;
    wire double = fire || (!is_event && kind == DOUBLE);

    // Twice the potential.
    wire                         twice_beyond = potential[STATE_BITS-1] != potential[STATE_BITS-2];
    wire signed [STATE_BITS-1:0] twice = !twice_beyond ? potential <<< 1 : potential[STATE_BITS-1] ? LOWEST : HIGHEST;

    generate
        if (EVENT_RULE) begin : g_event_rule
            logic signed [STATE_BITS-1:0] sum;
            logic                         beyond;
            saturating_add #(.WIDTH(STATE_BITS)) adder (
                .a(potential), .b(is_event ? STATE_BITS'(weight) : bias), .sum, .saturated(beyond));
            wire signed [STATE_BITS-1:0] total = double ? twice : sum;
            wire signed [STATE_BITS-1:0] held  = total[STATE_BITS-1] ? '0 : total;  // below 0 is 0
            assign spike          = fires && held >= threshold;
            assign next_potential = spike ? '0 : held;
            assign saturated      = double ? twice_beyond : beyond;
        end else begin : g_tick_rule
            // The sums stand side by side, none waits for another: they are the longest path of the core.
            logic signed [STATE_BITS-1:0] event_sum, bias_sum;
            logic                         event_beyond, bias_beyond;
            saturating_add #(.WIDTH(STATE_BITS)) event_adder (
                .a(potential), .b(STATE_BITS'(weight)), .sum(event_sum), .saturated(event_beyond));
            saturating_add #(.WIDTH(STATE_BITS)) bias_adder (.a(potential), .b(bias), .sum(bias_sum), .saturated(bias_beyond));

            // STEP: potential + bias - threshold, by carry-save. A spike leaves the rest of the sum as it was held.
            wire signed [STATE_BITS+1:0] a     = (STATE_BITS+2)'(potential);
            wire signed [STATE_BITS+1:0] b     = (STATE_BITS+2)'(bias);
            wire signed [STATE_BITS+1:0] c     = ~(STATE_BITS+2)'(threshold);
            wire        [STATE_BITS:0]   carry = (STATE_BITS+1)'((a & b) | (a & c) | (b & c));
            wire signed [STATE_BITS+1:0] step_rest = $signed(a ^ b ^ c) + $signed({carry, 1'b1});
            wire                         lowest    = threshold == LOWEST;
            wire                         step_wide = |step_rest[STATE_BITS:STATE_BITS-1];  // if not below 0
            wire                         step      = kind == STEP && (!step_rest[STATE_BITS+1] || lowest);
            logic signed [STATE_BITS-1:0] stepped;
            always_comb begin
                if (!threshold[STATE_BITS-1]) stepped = bias_beyond ? HIGHEST ^ threshold : step_rest[STATE_BITS-1:0];
                else if (bias_beyond)         stepped = lowest && bias_sum[STATE_BITS-1] ? '0 : HIGHEST;
                else                          stepped = step_wide ? HIGHEST : step_rest[STATE_BITS-1:0];
            end

            // FIRE compares 2 v with 2 threshold, on the exact double: v may be too large for its double to fit.
            wire signed [STATE_BITS:0]   fire_rest = (STATE_BITS+1)'(potential) - (STATE_BITS+1)'(threshold);
            wire                         fire_wide = |fire_rest[STATE_BITS-1:STATE_BITS-2];  // if not below 0
            wire signed [STATE_BITS-1:0] fired     = fire_wide ? HIGHEST : fire_rest[STATE_BITS-1:0] <<< 1;

            assign spike          = !is_event && fires && (fire ? !fire_rest[STATE_BITS] : step);
            assign next_potential = is_event ? event_sum : double ? (spike ? fired : twice) : spike ? stepped : bias_sum;
            assign saturated      = is_event ? event_beyond : !double ? bias_beyond : spike ? fire_wide : twice_beyond;
        end
    endgenerate
endmodule

`default_nettype wire
