// What happened since reset. A cycle counts when the core works and does not wait for the receiver; waiting is counted apart.
`default_nettype none

module activity_counters #(
    parameter int WIDTH = 32
) (
    input  wire              clk,
    input  wire              reset,
    input  wire              busy,
    input  wire              stalled,
    input  wire              read,
    input  wire              write,
    input  wire              is_event,
    input  wire              spike,
    input  wire              saturated,
    output logic [WIDTH-1:0] cycles,
    output logic [WIDTH-1:0] stalls,
    output logic [WIDTH-1:0] sops,         // weights added; each is a read of the synapse memory
    output logic [WIDTH-1:0] reads,        // of the potentials
    output logic [WIDTH-1:0] writes,
    output logic [WIDTH-1:0] spikes,
    output logic [WIDTH-1:0] saturations
);
    always_ff @(posedge clk) begin
        if (reset) begin
            cycles      <= '0;
            stalls      <= '0;
            sops        <= '0;
            reads       <= '0;
            writes      <= '0;
            spikes      <= '0;
            saturations <= '0;
        end else begin
            if (busy && !stalled)   cycles      <= cycles + 1'b1;
            if (stalled)            stalls      <= stalls + 1'b1;
            if (read && is_event)   sops        <= sops + 1'b1;
            if (read)               reads       <= reads + 1'b1;
            if (write)              writes      <= writes + 1'b1;
            if (write && spike)     spikes      <= spikes + 1'b1;
            if (write && saturated) saturations <= saturations + 1'b1;
        end
    end
endmodule

`default_nettype wire
