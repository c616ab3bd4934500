using Graft.CommandLine;
using Graft.Reinforcement;

namespace Graft.Tools.Tests;

public sealed class PlayTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void A_game_is_learnt_saved_played_distilled_and_moved()
    {
        string policy = place.In("games", "pole.safetensors"), pupil = place.In("pupil.safetensors");
        var learnt = GraftLine.Run("play", "cart-pole", "--learn", "ppo", "--frames", "60000", "--stop-at", "475", "--out", policy, "--json").AssertDone();
        Assert.True(learnt.GetProperty("solved").GetBoolean());
        Assert.InRange(learnt.GetProperty("good_at").GetInt64(), 1, learnt.GetProperty("frames").GetInt64());
        var played = GraftLine.Run("play", "cart-pole", "--weights", policy, "--episodes", "10", "--json").AssertDone();
        Assert.Equal(10, played.GetProperty("episodes").GetInt32());
        Assert.True(played.GetProperty("return").GetDouble() > 450);
        GraftLine.Run("play", "cart-pole", "--learn", "distil", "--teacher", policy, "--frames", "800", "--out", pupil, "--episodes", "1").AssertDoneQuietly();
        Assert.False(SavedPolicy.Load(pupil).HasValue);
        var told = GraftLine.Run("play", "cart-pole", "--learn", "dqn", "--weights", pupil, "--frames", "1000", "--freeze", "hidden1", "--episodes", "2");
        Assert.Contains("a game", told.Output, StringComparison.Ordinal);
        GraftLine.Run("play", "catch", "--weights", policy).AssertFailed(2, "plays cart-pole");
        GraftLine.Run("play", "catch", "--learn", "ppo", "--weights", policy, "--frames", "1").AssertFailed(2, "is of no use for catch");
        GraftLine.Run("play", "catch", "--learn", "distil", "--teacher", policy).AssertFailed(2, "plays cart-pole, not catch");
        GraftLine.Run("play", "cart-pole", "--learn", "ppo", "--freeze", "hiden1").AssertFailed(2, "--freeze: ");
    }

    [Fact]
    public void What_is_missing_or_wrong_is_said()
    {
        GraftLine.Run("play", "cart-pole").AssertFailed(2, "--weights FILE, or --learn METHOD");
        GraftLine.Run("play", "cart-pole", "--weights", place.In("none.safetensors")).AssertFailed(2, "none.safetensors");
        GraftLine.Run("play", "cart-pole", "--learn", "distil").AssertFailed(2, "belong together");
        GraftLine.Run("play", "cart-pole", "--learn", "ppo", "--teacher", place.In("x")).AssertFailed(2, "belong together");
        GraftLine.Run("play", "cart-pole", "--learn", "ppo", "--watch").AssertFailed(2, "the output is none");
        GraftLine.Run("play", "cart-pole", "--learn", "ppo", "--out", place.Folder).AssertFailed(2, "is a folder");
        string file = place.In("taken");
        File.WriteAllText(file, "no folder");
        GraftLine.Run("play", "cart-pole", "--learn", "ppo", "--out", Path.Combine(file, "x.safetensors")).AssertFailed(2, "cannot be written");
        GraftLine.Run("play", "cart-pole", "--learn", "ppo", "--learning-rate", "0").AssertFailed(2, "the learning rate is 0");
        GraftLine.Run("play", "pong").AssertFailed(2, "pong");
    }

    [Fact]
    public void A_frame_is_drawn_pixel_by_pixel()
    {
        var game = GameKind.Catch.Create();
        game.Reset(default);
        var canvas = GameScreen.CanvasOf(game.Draw());
        Assert.Equal((Catch.Side, Catch.Side), (canvas.Width, canvas.Height));
    }
}
