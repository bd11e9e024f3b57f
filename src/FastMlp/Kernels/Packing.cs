using System.Runtime.CompilerServices;
using FastMlp.Simd;
using FastMlp.Threading;

namespace FastMlp.Kernels;

/// <summary>
/// Between W [n, k] as people and files have it, and panels as the kernels read it: panel j holds columns
/// j Nr to (j + 1) Nr - 1 of W^T as [k, Nr], padded with zeros.
/// </summary>
internal static unsafe class Packing
{
    /// <summary>panels &lt;- W^T, W [n, k] row-major.</summary>
    public static void Pack(float* weight, nint n, nint k, nint panelWidth, float* panels)
    {
        for (nint j = 0; j < n; j++)
        {
            float* column = panels + (j / panelWidth * panelWidth * k) + (j % panelWidth);
            for (nint p = 0; p < k; p++)
            {
                column[p * panelWidth] = weight[(j * k) + p];
            }
        }
    }

    /// <summary>W &lt;- panels^T.</summary>
    public static void Unpack(float* panels, nint n, nint k, nint panelWidth, float* weight)
    {
        for (nint j = 0; j < n; j++)
        {
            float* column = panels + (j / panelWidth * panelWidth * k) + (j % panelWidth);
            for (nint p = 0; p < k; p++)
            {
                weight[(j * k) + p] = column[p * panelWidth];
            }
        }
    }

    /// <summary>
    /// The rows of a transposed A as its tiles read them: each tile as [k, height], the first <paramref name="taller"/> of them one
    /// row higher. Row r of A is column r of the source, whose rows are <paramref name="stride"/> apart.
    /// </summary>
    public static void PackRows(float* source, nint stride, nint tileHeight, nint taller, nint tiles, nint k, float* packed)
    {
        for (nint tile = 0; tile < tiles; tile++)
        {
            nint height = tile < taller ? tileHeight + 1 : tileHeight;
            switch (height)
            {
                case 6:
                    PackTile<N6>(source, stride, k, packed);
                    break;
                case 12:
                    PackTile<N12>(source, stride, k, packed);
                    break;
                default:
                    PackTile(source, stride, height, k, packed);
                    break;
            }

            source += height;
            packed += height * k;
        }
    }

    /// <summary>
    /// The same, but of each tile only the steps in which some value is not 0, [steps, height] at the start of its [k, height];
    /// <paramref name="lists"/> and <paramref name="lengths"/> say which.
    /// </summary>
    public static void PackNonZeroRows(
        float* source, nint stride, nint tileHeight, nint taller, nint tiles, nint k, float* packed, int* lists, nint listStride, nint* lengths)
    {
        for (nint tile = 0; tile < tiles; tile++)
        {
            nint height = tile < taller ? tileHeight + 1 : tileHeight;
            int* list = lists + (tile * listStride);
            lengths[tile] = height switch
            {
                6 => PackNonZero<N6>(source, stride, k, packed, list),
                12 => PackNonZero<N12>(source, stride, k, packed, list),
                _ => PackNonZero(source, stride, height, k, packed, list),
            };
            source += height;
            packed += height * k;
        }
    }

    /// <summary>Steps in which some of the <paramref name="height"/> values is not 0.</summary>
    public static nint CountSteps(float* source, nint stride, nint height, nint k)
    {
        nint count = 0;
        for (nint p = 0; p < k; p++, source += stride)
        {
            count += NonZero.Count(source, height) > 0 ? 1 : 0;
        }

        return count;
    }

    /// <summary>A whole tile: its height is known, so a step is a vector move or two.</summary>
    [MethodImpl(Compile.Loop)]
    private static void PackTile<THeight>(float* source, nint stride, nint k, float* packed)
        where THeight : unmanaged, IConstant
    {
        for (nint p = 0; p < k; p++)
        {
            Unsafe.CopyBlockUnaligned(packed, source, (uint)sizeof(THeight) * sizeof(float));
            source += stride;
            packed += sizeof(THeight);
        }
    }

    [MethodImpl(Compile.Loop)]
    private static void PackTile(float* source, nint stride, nint height, nint k, float* packed)
    {
        for (nint p = 0; p < k; p++)
        {
            for (nint i = 0; i < height; i++)
            {
                packed[i] = source[i];
            }

            source += stride;
            packed += height;
        }
    }

    /// <summary>A whole tile: its height is known and even, so a step is a few moves of two floats.</summary>
    [MethodImpl(Compile.Loop)]
    private static nint PackNonZero<THeight>(float* source, nint stride, nint k, float* packed, int* list)
        where THeight : unmanaged, IConstant
    {
        nint count = 0;
        for (nint p = 0; p < k; p++)
        {
            ulong any = 0;
            for (int i = 0; i < sizeof(THeight); i += 2)
            {
                ulong pair = Unsafe.ReadUnaligned<ulong>(source + i);
                Unsafe.WriteUnaligned(packed + i, pair);
                any |= pair;
            }

            list[count] = (int)p;
            source += stride;
            nint kept = any != 0 ? 1 : 0;
            count += kept;
            packed += kept * sizeof(THeight);
        }

        return count;
    }

    [MethodImpl(Compile.Loop)]
    private static nint PackNonZero(float* source, nint stride, nint height, nint k, float* packed, int* list)
    {
        nint count = 0;
        for (nint p = 0; p < k; p++)
        {
            bool any = false;
            for (nint i = 0; i < height; i++)
            {
                packed[i] = source[i];
                any |= source[i] != 0;
            }

            list[count] = (int)p;
            source += stride;
            nint kept = any ? 1 : 0;
            count += kept;
            packed += kept * height;
        }

        return count;
    }

    /// <summary>Elements below which a fork costs more than it gains: some 10 us of work for one core.</summary>
    private const nint ForkThreshold = 32 * 1024;

    /// <summary>The whole of <see cref="TransposePanels(float*, nint, nint, nint, float*, nint, nint, nint)"/>, on up to <paramref name="threads"/> threads.</summary>
    public static void TransposePanels(float* source, nint n, nint k, nint sourceWidth, float* destination, nint destinationWidth, int threads)
    {
        Transposition whole = new(source, n, k, sourceWidth, destination, destinationWidth);
        if (threads <= 1 || n * k < ForkThreshold)
        {
            whole.Run(0, 1);
        }
        else
        {
            WorkerPool.Shared.Run(threads, &TransposePart, &whole);
        }
    }

    /// <summary>
    /// From the panels of W^T (over n) to the panels of W (over k) that dX = delta W reads: panel j of the result holds
    /// columns j Nr' to (j + 1) Nr' - 1 of W as [n, Nr'], padded with zeros; panels <paramref name="begin"/> to <paramref name="end"/> - 1.
    /// </summary>
    [MethodImpl(Compile.Loop)]
    public static void TransposePanels(
        float* source, nint n, nint k, nint sourceWidth, float* destination, nint destinationWidth, nint begin, nint end)
    {
        for (nint panel = begin; panel < end; panel++)
        {
            float* to = destination + (panel * n * destinationWidth);
            nint first = panel * destinationWidth;
            nint columns = Math.Min(destinationWidth, k - first);
            for (nint j = 0; j < n; j += sourceWidth)
            {
                float* from = source + (j * k) + (first * sourceWidth);
                nint rows = Math.Min(sourceWidth, n - j);
                if (columns == destinationWidth && rows == sourceWidth && ((sourceWidth | destinationWidth) & 3) == 0)
                {
                    for (nint c = 0; c < destinationWidth; c += 4)
                    {
                        for (nint r = 0; r < sourceWidth; r += 4)
                        {
                            Transpose.Block4(from + (c * sourceWidth) + r, sourceWidth, to + ((j + r) * destinationWidth) + c, destinationWidth);
                        }
                    }

                    continue;
                }

                for (nint r = 0; r < rows; r++)
                {
                    float* row = to + ((j + r) * destinationWidth);
                    for (nint c = 0; c < columns; c++)
                    {
                        row[c] = from[(c * sourceWidth) + r];
                    }

                    new Span<float>(row + columns, (int)(destinationWidth - columns)).Clear();
                }
            }
        }
    }

    private static void TransposePart(void* whole, int part, int parts) => ((Transposition*)whole)->Run(part, parts);

    private readonly struct Transposition(float* source, nint n, nint k, nint sourceWidth, float* destination, nint destinationWidth)
    {
        public void Run(int part, int parts)
        {
            nint panels = (k + destinationWidth - 1) / destinationWidth;
            (nint begin, nint end) = Partition.Range(panels, parts, part);
            TransposePanels(source, n, k, sourceWidth, destination, destinationWidth, begin, end);
        }
    }
}
