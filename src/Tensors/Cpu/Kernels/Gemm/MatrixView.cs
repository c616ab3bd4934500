using System.Runtime.Intrinsics;

namespace Graft.Tensors;

/// <summary>An operand of a product: a matrix with any steps between lines and along the depth. A line is a row of the left operand
/// or a column of the right one; depth runs along the sum.</summary>
internal readonly unsafe struct MatrixView(float* start, nint lineStep, nint depthStep)
{
    /// <summary>The right operand's panels in place; null where they have to be packed: where neighbouring columns are not neighbours in memory.</summary>
    public PanelView? Panels(TileShape tile) => lineStep == 1 ? new PanelView((nint)start, tile.Columns, depthStep) : null;

    /// <summary>How many floats of workspace <see cref="Rows"/> needs for some lines, full tiles of them.</summary>
    public nint PackedLength(nint lines, nint depth) => depthStep == 1 ? 0 : ThreadWorkspace.RoundUp(lines * depth);

    /// <summary>Gives the micro-kernel the addresses of some lines: in place, or packed where a line is not contiguous.</summary>
    /// <param name="line">The first line.</param>
    /// <param name="lines">How many.</param>
    /// <param name="k">Where the depth begins.</param>
    /// <param name="depth">How deep.</param>
    /// <param name="copy">Workspace for what is packed.</param>
    /// <param name="starts">Gets where each line begins; lines that fill up the last tile compute what nobody reads.</param>
    /// <returns>From a number to the next along a line.</returns>
    public nint Rows(nint line, nint lines, nint k, int depth, float* copy, float** starts)
    {
        nint full = Ceiling.Multiple(lines, MicroKernel.Rows);
        if (depthStep == 1)
        {
            for (nint i = 0; i < full; i++) starts[i] = start + (line + Math.Min(i, lines - 1)) * lineStep + k;
            return 1;
        }
        for (nint i = 0; i < full; i += MicroKernel.Rows, copy += MicroKernel.Rows * depth)
        {
            Pack(copy, MicroKernel.Rows, line + i, (int)Math.Min(MicroKernel.Rows, lines - i), k, depth);
            for (int row = 0; row < MicroKernel.Rows; row++) starts[i + row] = copy + row;
        }
        return MicroKernel.Rows;
    }

    /// <summary>Writes <c>panel[k * panelWidth + i]</c> = the element of line <c>line + i</c> at depth <c>k0 + k</c>, for
    /// <paramref name="depth"/> depths; columns of the panel beyond <paramref name="lines"/> become zero.</summary>
    public void Pack(float* panel, int panelWidth, nint line, int lines, nint k0, int depth)
    {
        float* from = start + line * lineStep + k0 * depthStep;
        if (lineStep == 1)
        {
            PanelWriter.Columns(panel, panelWidth, from, depthStep, lines, depth);
        }
        else if (depthStep == 1)
        {
            float** rows = stackalloc float*[PanelWriter.MaximumLines];
            for (int i = 0; i < lines; i++) rows[i] = from + i * lineStep;
            PanelWriter.Transpose(panel, panelWidth, rows, lines, depth);
        }
        else
        {
            for (int k = 0; k < depth; k++)
            {
                for (int i = 0; i < lines; i++) panel[k * panelWidth + i] = from[i * lineStep + k * depthStep];
                for (int i = lines; i < panelWidth; i++) panel[k * panelWidth + i] = 0f;
            }
        }
    }
}

/// <summary>The two ways of packing a panel that matter for speed.</summary>
internal static unsafe class PanelWriter
{
    /// <summary>The widest panel: four lanes of 16.</summary>
    public const int MaximumLines = 64;

    /// <summary>The narrowest panel that is made in one way at every width of lanes: two lanes of eight.</summary>
    private const int FewestLines = 16;

    /// <summary>Lines lie next to each other in memory: each depth is one block.</summary>
    public static void Columns(float* panel, int panelWidth, float* from, nint depthStep, int lines, int depth)
    {
        if (lines == panelWidth && panelWidth == MaximumLines)
        {
            for (int k = 0; k < depth; k++, from += depthStep, panel += MaximumLines)
            {
                Vector512.Store(Vector512.Load(from), panel);
                Vector512.Store(Vector512.Load(from + 16), panel + 16);
                Vector512.Store(Vector512.Load(from + 32), panel + 32);
                Vector512.Store(Vector512.Load(from + 48), panel + 48);
            }
            return;
        }
        if (lines == panelWidth && panelWidth == FewestLines)
        {
            for (int k = 0; k < depth; k++, from += depthStep, panel += FewestLines)
            {
                Vector256.Store(Vector256.Load(from), panel);
                Vector256.Store(Vector256.Load(from + 8), panel + 8);
            }
            return;
        }
        for (int k = 0; k < depth; k++, from += depthStep, panel += panelWidth)
        {
            for (int i = 0; i < lines; i++) panel[i] = from[i];
            for (int i = lines; i < panelWidth; i++) panel[i] = 0f;
        }
    }

    /// <summary>Each line runs along the depth in memory: blocks of four lines by four depths are transposed in registers.</summary>
    public static void Transpose(float* panel, int panelWidth, float** rows, int lines, int depth)
    {
        int i = 0;
        if (Transpose4x4.IsFast)
            for (; i + 4 <= lines; i += 4) TransposeFour(panel + i, panelWidth, rows[i], rows[i + 1], rows[i + 2], rows[i + 3], depth);
        for (; i < lines; i++)
        {
            float* from = rows[i], to = panel + i;
            for (int k = 0; k < depth; k++, to += panelWidth) *to = from[k];
        }
        for (; i < panelWidth; i++)
            for (int k = 0; k < depth; k++) panel[k * panelWidth + i] = 0f;
    }

    private static void TransposeFour(float* to, int panelWidth, float* a, float* b, float* c, float* d, int depth)
    {
        int k = 0;
        for (; k + 4 <= depth; k += 4, to += 4 * panelWidth)
        {
            Vector128<float> va = Vector128.Load(a + k), vb = Vector128.Load(b + k), vc = Vector128.Load(c + k), vd = Vector128.Load(d + k);
            Transpose4x4.Store(va, vb, vc, vd, to, panelWidth);
        }
        for (; k < depth; k++, to += panelWidth)
        {
            to[0] = a[k];
            to[1] = b[k];
            to[2] = c[k];
            to[3] = d[k];
        }
    }
}
