// Properties of event_queue, placed inside it: any word that enters leaves once, at its turn, as it
// was; and full and empty are what they say. One word, freely chosen among all that ever enter, is
// followed: what holds for it holds for all.
`default_nettype none

module event_queue_proof #(
    parameter int WIDTH = 12,
    parameter int DEPTH = 16,
    localparam int POINTER_BITS = $clog2(DEPTH)
) (
    input  wire                     clk,
    input  wire                     reset,
    input  wire                     in_valid,
    input  wire                     in_ready,
    input  wire  [WIDTH-1:0]        in_word,
    input  wire                     out_valid,
    input  wire                     out_ready,
    input  wire  [WIDTH-1:0]        out_word,
    input  wire  [POINTER_BITS:0]   head,
    input  wire  [POINTER_BITS:0]   tail,
    output wire  [POINTER_BITS-1:0] place,   // of the followed word in the memory
    input  wire  [WIDTH-1:0]        content  // of that place
);
    // A count of its own, from what crosses the two sides.
    logic [POINTER_BITS:0] count = '0;
    wire enters = in_valid && in_ready;
    wire leaves = out_valid && out_ready;

    // The followed word, and how many are before it.
    (* anyseq *) logic choose;
    logic                  chosen = 1'b0, waiting = 1'b0;
    logic [WIDTH-1:0]      followed;
    logic [POINTER_BITS:0] before;
    wire its_turn = waiting && before == '0;
    wire has_left = chosen && !waiting;
    assign place = head[POINTER_BITS-1:0] + before[POINTER_BITS-1:0];

    logic started = 1'b0;
    always @(posedge clk) begin
        started <= 1'b1;
        if (!started) assume (reset);
        if (reset) begin
            count   <= '0;
            chosen  <= 1'b0;
            waiting <= 1'b0;
        end else begin
            count <= count + (POINTER_BITS+1)'(enters) - (POINTER_BITS+1)'(leaves);
            if (waiting && leaves) begin
                if (before == '0) waiting <= 1'b0;
                else before <= before - 1'b1;
            end
            if (enters && choose && !chosen) begin
                chosen   <= 1'b1;
                waiting  <= 1'b1;
                followed <= in_word;
                before   <= count - (POINTER_BITS+1)'(leaves);
            end
        end
    end

    always @(posedge clk) begin
        if (started && !reset) begin
            full_is_not_ready:   assert (in_ready == (count != (POINTER_BITS+1)'(DEPTH)));
            empty_is_not_valid:  assert (out_valid == (count != '0));
            never_too_many:      assert (count <= (POINTER_BITS+1)'(DEPTH));
            leaves_as_it_came:   assert (!(its_turn && out_valid) || out_word == followed);
            // What makes these inductive.
            count_is_difference: assert (count == tail - head);
            still_inside:        assert (!waiting || before < count);
            unharmed_inside:     assert (!waiting || content == followed);

            reaches_full:   cover (count == (POINTER_BITS+1)'(DEPTH));
            wraps_round:    cover (has_left && tail == '0 && head == '0 && followed != '0);
            full_and_taken: cover (count == (POINTER_BITS+1)'(DEPTH) && leaves && in_valid);
            full_to_empty:  cover (chosen && !waiting && count == '0 && followed == '1);
        end
    end
endmodule

`default_nettype wire
