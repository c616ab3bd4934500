using Graft.Tensors;

namespace Graft.Audio.Tests;

public sealed class AudioAugmentationTests
{
    private static readonly RandomStream Random = new(3, "augment");

    [Fact]
    public void A_sound_moves_and_silence_comes_in()
    {
        Assert.Equal([0f, 0, 1, 2], AudioAugmentation.Shift([1, 2, 3, 4], 2));
        Assert.Equal([4f, 0, 0, 0], AudioAugmentation.Shift([1, 2, 3, 4], -3));
        Assert.Equal([0f, 0], AudioAugmentation.Shift([1, 2], 5));
        Assert.Equal([0f, 0], AudioAugmentation.Shift([1, 2], int.MinValue + 1));
        var places = Enumerable.Range(0, 200).Select(step => Array.IndexOf(AudioAugmentation.TimeShift([0, 0, 1, 0, 0], 2, Random, (ulong)step), 1f)).ToList();
        Assert.Equal([0, 1, 2, 3, 4], places.Distinct().Order());
    }

    [Fact]
    public void Noise_has_the_ratio_of_powers_that_is_asked_for()
    {
        var sound = FeatureTests.Sound(4000);
        var noisy = AudioAugmentation.AddWhiteNoise(sound, decibels: 10, Random, step: 1);
        double power = sound.Sum(value => (double)value * value), added = noisy.Zip(sound, (mixed, own) => (double)(mixed - own) * (mixed - own)).Sum();
        Assert.Equal(10, 10 * Math.Log10(power / added), 1e-3);
        Assert.Equal(noisy, AudioAugmentation.AddWhiteNoise(sound, decibels: 10, Random, step: 1));
        Assert.Equal(new float[5], AudioAugmentation.AddNoise(new float[5], sound, 3));
        Assert.Equal(sound, AudioAugmentation.AddNoise(sound, [], 3));
    }

    [Fact]
    public void Stretches_and_bands_are_blanked_and_no_longer_than_said()
    {
        var augment = new SpecAugment { TimeMasks = 1, TimeMaskLength = 4, FrequencyMasks = 1, FrequencyMaskLength = 3, Value = -1 };
        for (ulong step = 0; step < 100; step++)
        {
            var features = new AudioFeatures(Enumerable.Repeat(1f, 20 * 10).ToArray(), 20, 10);
            augment.Apply(features, Random, step);
            int rows = Enumerable.Range(0, 20).Count(frame => features.Frame(frame).IndexOf(1f) < 0);
            int columns = Enumerable.Range(0, 10).Count(at => Enumerable.Range(0, 20).All(frame => features.Frame(frame)[at] < 0));
            Assert.InRange(rows, 0, 4);
            Assert.InRange(columns, 0, 3);
            Assert.Equal(200 - (20 - rows) * (10 - columns), features.Values.Count(value => value < 0));
        }
    }
}
